// A participant that runs the Rust library of the encryption, an implementation independent of the pages' modules.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

import { expect } from "@playwright/test"

import { ROOT } from "./stack.js"

export class RustPeer {
  #child
  /** Everything that it has printed, one entry per line. */
  lines = []

  /** Creates a room and takes the first seat. @param {string} baseUrl */
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
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.lines.push(JSON.parse(line)))
  }

  /** The complete link of the room that it created. */
  link() {
    return this.#waitFor("link")
  }

  /** Its four safety words. */
  words() {
    return this.#waitFor("words")
  }

  /** @param {string} text one line */
  sendMessage(text) {
    this.#child.stdin.write(`${text}\n`)
  }

  /**
   * @param {string} text of a message that was sent
   * @param {string} [sender] its name, if that matters
   */
  async expectMessage(text, sender) {
    const expected = expect.objectContaining(sender === undefined ? { text } : { text, sender })
    await expect.poll(() => this.#all("shown"), `that the Rust library reads “${text}”`).toContainEqual(expected)
  }

  /** Whether it noticed that the two people were not shown the same conversation. */
  get isBroken() {
    return this.#all("broken").length > 0
  }

  /** Why it stopped, if it did. */
  get stopReasons() {
    return this.#all("stopped")
  }

  /** How far the other person has seen the same conversation. */
  get otherHasSeen() {
    return this.#all("seen").at(-1)
  }

  /** How far the other person has read. */
  get otherHasRead() {
    return this.#all("read").at(-1)
  }

  /** The close code of its socket. */
  closeCode() {
    return this.#waitFor("ended")
  }

  async leave() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, "exit")
    this.#child.stdin.end()
    await exited
  }

  async #waitFor(what) {
    await expect.poll(() => this.#all(what).length, `that the Rust library reports ${what}`).toBeGreaterThan(0)
    return this.#all(what).at(-1)
  }

  #all(what) {
    return this.lines.filter((line) => what in line).map((line) => line[what])
  }
}

/**
 * Tries to decrypt a room with everything that an attacker has of it: every sequence of 32 bytes in the evidence is
 * tried as every secret of the format.
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
