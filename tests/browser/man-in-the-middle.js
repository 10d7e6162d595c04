// A man in the middle: an attacker who controls the server, has the link, and intercepts the conversation from the
// start. To each person it pretends to be the other.

import { expect } from "@playwright/test"

import { makeHello } from "../../public/app/crypto/hello.js"
import { openText, parseText, readSaid } from "../../public/app/crypto/messages.js"
import { renumbered } from "./dishonest.js"
import { drawn, keysMessage, pairBetween, partsOf } from "./peer.js"

export class ManInTheMiddle {
  #roomId
  #secret
  #annId
  /** In its session with Ann it pretends to be Bob, and in the one with Bob to be Ann. */
  #ann
  #bob

  /**
   * Must be set up before the second person joins.
   * @param {import("./dishonest.js").DishonestServer[]} servers one towards each person
   * @param {{link: string, annId: string}} room
   */
  static async between([towardsAnn, towardsBob], { link, annId }) {
    const between = new ManInTheMiddle(link, annId)
    between.#ann = await between.#faceTo(towardsAnn)
    between.#bob = await between.#faceTo(towardsBob)
    towardsAnn.changeHellos((hellos) => withOthers(hellos, annId, between.#ann.hello))
    towardsBob.changeHellos((hellos) => ({ ...hellos, [annId]: between.#bob.hello }))
    return between
  }

  constructor(link, annId) {
    const { roomId, secret } = partsOf(link)
    this.#roomId = roomId
    this.#secret = secret
    this.#annId = annId
  }

  /** Sends each person keys in the other's name. */
  async sendKeysMessages() {
    const { hellos } = this.#bob.server
    const bobId = Object.keys(hellos).find((id) => id !== this.#annId)
    await this.#introduce(this.#ann, bobId, { id: this.#annId, hello: hellos[this.#annId] })
    await this.#introduce(this.#bob, this.#annId, { id: bobId, hello: hellos[bobId] })
  }

  /** The texts that Ann has sent. */
  async readAnnsMessages() {
    const { server, pair } = this.#ann
    const sent = server.conversation.filter(({ participantId }) => participantId === this.#annId)
    const opened = await Promise.all(
      sent.map(({ id, participantId, text }) =>
        openText({ roomId: this.#roomId, id, participantId }, pair.otherKey, parseText(text)),
      ),
    )
    return opened.map((plaintext) => plaintext && readSaid(plaintext)?.text)
  }

  async #faceTo(server) {
    await server.setView(() => [])
    const secrets = drawn()
    return { server, secrets, hello: await makeHello(this.#roomId, this.#secret, secrets), pair: null }
  }

  async #introduce(face, asId, other) {
    const { server, secrets, hello } = face
    const own = { id: asId, hello }
    face.pair = await pairBetween(this.#roomId, this.#secret, { e: secrets.e, own, other })
    const keys = await keysMessage(this.#roomId, face.pair, secrets)
    const forged = { ...keys, participantId: asId, sender: "", timestamp: Date.now() }
    const isTheirs = ({ participantId }) => participantId === other.id
    await server.setView((messages) => renumbered([forged, ...messages.filter(isTheirs)]))
    await expect.poll(() => server.conversation.some(isTheirs)).toBe(true)
  }
}

/** Replaces every hello except the person's own. */
function withOthers(hellos, ownId, hello) {
  return Object.fromEntries(Object.entries(hellos).map(([id, own]) => [id, id === ownId ? own : hello]))
}
