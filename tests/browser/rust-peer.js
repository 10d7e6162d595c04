// Somebody in a room who runs the Rust library of the encryption, which was not written from the pages' modules.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

import { expect } from "@playwright/test"

import { ROOT } from "./stack.js"

export class RustPeer {
  #child
  /** Everything that it has told, a line each. */
  told = []

  /** Makes a room, and takes the first seat. @param {string} baseUrl */
  static create(baseUrl) {
    return new RustPeer("create", baseUrl)
  }

  /** Takes a seat. @param {string} link */
  static join(link) {
    return new RustPeer("join", link)
  }

  /** @param {...string} args */
  constructor(...args) {
    this.#child = start(args)
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.told.push(JSON.parse(line)))
  }

  /** The whole link of the room that it made. */
  link() {
    return this.#tells("link")
  }

  /** The four words that it sees. */
  words() {
    return this.#tells("words")
  }

  /** @param {string} text one line */
  says(text) {
    this.#child.stdin.write(`${text}\n`)
  }

  /**
   * @param {string} text that somebody said
   * @param {string} [sender] under this name, where it matters
   */
  async sees(text, sender) {
    const expected = expect.objectContaining(sender === undefined ? { text } : { text, sender })
    await expect.poll(() => this.#all("shown"), `that the Rust library reads “${text}”`).toContainEqual(expected)
  }

  /** Whether it found that the two were not shown the same conversation. */
  get isBroken() {
    return this.#all("broken").length > 0
  }

  /** Why it stopped, if it did. */
  get stops() {
    return this.#all("stopped")
  }

  /** Up to where the other has seen the same. */
  get otherHasSeen() {
    return this.#all("seen").at(-1)
  }

  /** With which code its connection ended. */
  ended() {
    return this.#tells("ended")
  }

  async leaves() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, "exit")
    this.#child.stdin.end()
    await exited
  }

  async #tells(what) {
    await expect.poll(() => this.#all(what).length, `that the Rust library tells ${what}`).toBeGreaterThan(0)
    return this.#all(what).at(-1)
  }

  #all(what) {
    return this.told.filter((line) => what in line).map((line) => line[what])
  }
}

/**
 * Tries to open a room with everything that somebody has of it: every 32 bytes that are found count as every secret of the
 * format.
 * @param {{link: string, transcript: string[], files?: string[]}} evidence
 * @returns {Promise<{messages: number, boxes: number, candidates: number, opened: string[], entries: string[]}>}
 */
export async function attack(evidence) {
  const child = start(["attack"])
  const chunks = []
  child.stdout.on("data", (chunk) => chunks.push(chunk))
  child.stdin.end(JSON.stringify({ files: [], ...evidence }))
  const [code] = await once(child, "close")
  expect(code, "how the attack ended").toBe(0)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function start(args) {
  const command = ["run", "--quiet", "--package", "duet-peer", "--", ...args]
  return spawn("cargo", command, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] })
}
