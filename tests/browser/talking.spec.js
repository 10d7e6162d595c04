import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

test("messages arrive in both directions and in the same order", { tag: "@stores" }, async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  await ann.sendMessage("Hello Bob")
  await bob.expectMessage("Hello Bob")
  await bob.sendMessage("Hello Ann")
  await ann.expectMessage("Hello Ann")
  await ann.sendMessage("How are you?")
  await bob.expectMessage("How are you?")

  expect(await ann.messageTexts()).toEqual(["Hello Bob", "Hello Ann", "How are you?"])
  expect(await bob.messageTexts()).toEqual(await ann.messageTexts())
})

test("many simultaneous messages end up in one order", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  const [fromAnn, fromBob] = [1, 2].map((who) => Array.from({ length: 6 }, (_, index) => `${who}-${index}`))

  const say = async (person, texts) => {
    for (const text of texts) await person.sendMessage(text)
  }
  await Promise.all([say(ann, fromAnn), say(bob, fromBob)])

  for (const person of [ann, bob]) {
    await expect(person.messages).toHaveCount(12)
    for (const text of [...fromAnn, ...fromBob]) await person.expectMessage(text)
  }
  expect(await ann.messageTexts()).toEqual(await bob.messageTexts())
})

test("a message appears at once, and is confirmed when the room has stored it", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  await bob.joinRoom(await ann.createRoom())
  wire.holdMessages()

  await ann.sendMessage("on its way")
  await ann.expectState("on its way", "pending")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeVisible()
  await expect(bob.messages).toHaveCount(0)
  wire.release()

  await ann.expectMessage("on its way")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeHidden()
  await bob.expectMessage("on its way")
})

test("neither texts nor names leave the page unencrypted", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const bodies = []
  ann.context.on("request", (request) => bodies.push(request.url(), request.postData() ?? ""))
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.button("Menu").click()
  await ann.page.getByLabel("Your name in this browser").fill("Nightingale")
  await ann.page.keyboard.press("Enter")

  await ann.sendMessage("the treasure is under the oak")
  await bob.expectMessage("the treasure is under the oak")

  const travelled = [...wire.sent, ...bodies].join("\n")
  expect(travelled).toContain("duet2.")
  for (const secret of ["treasure", "Nightingale", new URL(link).hash.slice(2)]) expect(travelled).not.toContain(secret)
})

test("typing is shown to the other person until the message arrives", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  await bob.composer.pressSequentially("well")

  await expect(ann.typing).toHaveText("The other person is writing…")
  await expect(bob.typing).toBeEmpty()
  await bob.page.keyboard.press("Enter")
  await ann.expectMessage("well")
  await expect(ann.typing).toBeEmpty()
})

test("a program and a page can talk in a plain room", async ({ ann, request }) => {
  const link = await createPlainRoom(request)
  await ann.joinRoom(link)
  await request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })

  await request.post(`/api/messages?roomId=${roomIdOf(link)}`, {
    data: { sender: "curl", text: "hello from a program" },
  })
  await ann.sendMessage("hello program")

  await ann.expectMessage("hello from a program")
  await ann.expectMessage("hello program")
  const answer = await request.get(`/api/messages?roomId=${roomIdOf(link)}`)
  expect((await answer.json()).messages.map(({ text }) => text)).toEqual(["hello from a program", "hello program"])
})

test("a message of maximum length arrives", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.fillComposer("x".repeat(13_000))
  const tooMany = Number.parseInt(await ann.page.getByText(/^\d+ too many$/).innerText(), 10)
  const text = "x".repeat(13_000 - tooMany)

  await ann.sendMessage(text)

  await expect(bob.messages).toHaveCount(1)
  expect(await bob.messageTexts()).toEqual([text])
})
