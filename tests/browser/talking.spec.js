import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

test("messages arrive in both directions and in the same order", { tag: "@stores" }, async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  await ann.says("Hello Bob")
  await bob.sees("Hello Bob")
  await bob.says("Hello Ann")
  await ann.sees("Hello Ann")
  await ann.says("How are you?")
  await bob.sees("How are you?")

  expect(await ann.texts()).toEqual(["Hello Bob", "Hello Ann", "How are you?"])
  expect(await bob.texts()).toEqual(await ann.texts())
})

test("many simultaneous messages end up in one order", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  const [fromAnn, fromBob] = [1, 2].map((who) => Array.from({ length: 6 }, (_, index) => `${who}-${index}`))

  const say = async (person, texts) => {
    for (const text of texts) await person.says(text)
  }
  await Promise.all([say(ann, fromAnn), say(bob, fromBob)])

  for (const person of [ann, bob]) {
    await expect(person.messages).toHaveCount(12)
    for (const text of [...fromAnn, ...fromBob]) await person.sees(text)
  }
  expect(await ann.texts()).toEqual(await bob.texts())
})

test("a message appears at once, and is confirmed when the room has stored it", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  await bob.joins(await ann.creates())
  wire.holdMessages()

  await ann.says("on its way")
  await ann.expectState("on its way", "pending")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeVisible()
  await expect(bob.messages).toHaveCount(0)
  wire.letGo()

  await ann.sees("on its way")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeHidden()
  await bob.sees("on its way")
})

test("neither texts nor names leave the page unencrypted", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const bodies = []
  ann.context.on("request", (request) => bodies.push(request.url(), request.postData() ?? ""))
  const link = await ann.creates()
  await bob.joins(link)
  await ann.button("Menu").click()
  await ann.page.getByLabel("Your name in this browser").fill("Nightingale")
  await ann.page.keyboard.press("Enter")

  await ann.says("the treasure is under the oak")
  await bob.sees("the treasure is under the oak")

  const travelled = [...wire.sent, ...bodies].join("\n")
  expect(travelled).toContain("duet2.")
  for (const secret of ["treasure", "Nightingale", new URL(link).hash.slice(2)]) expect(travelled).not.toContain(secret)
})

test("typing is shown to the other person until the message arrives", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  await bob.composer.pressSequentially("well")

  await expect(ann.typing).toHaveText("The other person is writing…")
  await expect(bob.typing).toBeEmpty()
  await bob.page.keyboard.press("Enter")
  await ann.sees("well")
  await expect(ann.typing).toBeEmpty()
})

test("a program and a page can talk in a plain room", async ({ ann, request }) => {
  const link = await createPlainRoom(request)
  await ann.joins(link)
  await request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })

  await request.post(`/api/messages?roomId=${roomIdOf(link)}`, {
    data: { sender: "curl", text: "hello from a program" },
  })
  await ann.says("hello program")

  await ann.sees("hello from a program")
  await ann.sees("hello program")
  const answer = await request.get(`/api/messages?roomId=${roomIdOf(link)}`)
  expect((await answer.json()).messages.map(({ text }) => text)).toEqual(["hello from a program", "hello program"])
})

test("a message of maximum length arrives", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.writes("x".repeat(13_000))
  const tooMany = Number.parseInt(await ann.page.getByText(/^\d+ too many$/).innerText(), 10)
  const text = "x".repeat(13_000 - tooMany)

  await ann.says(text)

  await expect(bob.messages).toHaveCount(1)
  expect(await bob.texts()).toEqual([text])
})
