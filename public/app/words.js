// Every text that a person sees. Keys are flat and values are plain strings with {placeholders}, so that a language is one
// such table. The English texts in the pages' HTML carry `data-words` with their key; a test holds them against this file.

/** @type {Record<string, string>} */
export const WORDS = {
  brand: "Duet",
  "title.unread": "({count}) Duet",
  noscript: "Duet needs JavaScript: your browser talks to the room with it.",

  "lobby.sentence": "A private room for two. It disappears.",
  "lobby.create": "Create a private room",
  "lobby.lifetime": "It ends after a silence of",
  "lobby.lifetime.minutes": "10 minutes",
  "lobby.lifetime.hour": "1 hour",
  "lobby.lifetime.day": "24 hours",
  "lobby.link": "Have a link?",
  "lobby.link.hint": "Paste the link or the room id",
  "lobby.link.open": "Open",
  "lobby.link.empty": "Paste the link that somebody sent you.",
  "lobby.promise.two": "Two people, and never a third.",
  "lobby.promise.encrypted": "Encrypted on your device: the server cannot read a word.",
  "lobby.promise.gone": "When the room ends, everything in it is deleted.",

  loading: "Looking for the room…",

  "door.title": "You are invited to a private room",
  "door.about":
    "It has two seats: one is for whoever sent you this link, the other is free. Joining takes it. When the room ends, everything in it is deleted.",
  "door.plain": "Messages in this room are not encrypted: whoever runs the server can read them.",
  "door.name": "Your name in the room",
  "door.join": "Join",

  "rescue.title": "This link is not whole",
  "rescue.paste": "Paste the whole link here, or ask for it again",
  "rescue.open": "Open",
  "rescue.no-seat": "No seat was taken.",

  "problem.title": "This room cannot be opened now",
  "problem.again": "Try again",

  "overdue.title": "This room’s time is over",
  "overdue.about": "Its messages are gone from this page. Checking whether the other person kept it open…",

  "ended.title": "This room has ended",
  "ended.again": "Make a new room",
  "ended.room-destroyed": "It was destroyed. Everything in it is deleted, for both of you.",
  "ended.room-expired": "Its time was over. Everything in it is deleted, for both of you.",
  "ended.room-not-found": "It ended while you were away. Everything in it is deleted, for both of you.",
  "ended.unconfirmed":
    "Its time was over while this page could not reach it. If the other person kept it open, its link lets you in again.",

  "header.connecting": "Connecting…",
  "header.reconnecting": "Reconnecting…",
  "header.offline": "Offline, your messages wait here",
  "header.over-quota": "This server has used up its share for today",
  "header.replaced": "Open in another tab",
  "header.alone": "Waiting for the other person",
  "header.together": "Both here",
  "header.away": "The other person is away",
  "header.menu": "Menu",

  "time.ending": "ending now",
  "time.clock": "{minutes}:{seconds} left",
  "time.minutes": "{minutes} min left",
  "time.hours": "{hours} h left",
  "time.hours-minutes": "{hours} h {minutes} min left",

  "share.title": "Send this link to one person",
  "share.about": "Anyone who has this link and comes first is the second person.",
  "share.link": "The link of this room",
  "share.copy": "Copy link",
  "share.copied": "Copied",
  "share.copied.aloud": "The link is copied.",
  "share.by-hand": "Press Ctrl+C",
  "share.by-hand.aloud": "Copying is not allowed here.",
  "share.system": "Share…",
  "share.code": "The link as a QR code",

  "menu.name": "Your name in this browser",
  "menu.sound": "A sound for new messages",
  "menu.destroy": "Destroy this room…",

  "destroy.title": "Destroy this room?",
  "destroy.about": "Everything is deleted for both of you, now.",
  "destroy.now": "Destroy for both",
  "destroy.keep": "Keep it",

  "list.conversation": "Conversation",
  "list.messages": "Messages",
  "list.new.one": "1 new message",
  "list.new.other": "{count} new messages",
  "list.you": "You",
  "list.other": "The other person",
  "list.refused": "A message was refused here: it was not encrypted for this room, or was changed on its way.",
  "list.waiting": "1 message opens when the other person is back.",
  "list.sending": "Not sent yet…",
  "list.seen": "The other person has this",
  "list.failed": "Not sent. {reason}",
  "list.again": "Send again",
  "list.yesterday": "yesterday, {time}",
  "list.dated": "{date}, {time}",
  "note.together": "Both here",
  "note.left": "The other person left",
  "note.kept": "The room was kept open",

  "safety.title": "Your four words:",
  "safety.how": "Read them to each other by voice, not in this chat.",
  "safety.match": "They match",
  "safety.matched": "✓ You found that they match.",
  "safety.why": "What are they for?",
  "safety.about":
    "If both of you see the same four words, nobody is between you. If they differ, somebody may be reading along: destroy this room and make a new one.",
  "safety.awaited": "Your four words come once the other person’s page has answered.",
  "safety.unavailable": "The safety words cannot be shown in this room.",
  early: "They can read this once you are both here.",
  memory: "This browser stores nothing for this page: a reload loses the room.",
  broken: "The two of you were not shown the same conversation.",
  "stopped.changed":
    "Somebody without this link is in the other seat, or the server changed a key. Nothing more is shown or sent here.",
  "stopped.words":
    "The safety words cannot be trusted: somebody may be between you. Nothing more is shown or sent here.",
  "stopped.lost":
    "This browser has lost the key to this room, and cannot get it back. Destroy the room, or make a new one.",
  plain: "Not encrypted: whoever runs the server can read this room.",

  typing: "The other person is writing…",

  "composer.label": "Message",
  "composer.hint": "Write a message",
  "composer.send": "Send",
  "composer.left": "{count} left",
  "composer.over": "{count} too many",

  "bar.clock": "{minutes}:{seconds}",
  "bar.ends": "Ends in {time}",
  "bar.keep": "Keep open",
  "bar.replaced": "This room is open in another tab.",
  "bar.continue": "Continue here",

  "error.any": "Something went wrong. Try again in a moment.",
  "error.bad-link":
    "That is not the link of a room. A whole link looks like this page’s address, then /room/ and 21 letters and digits.",
  "error.bad-origin": "This page is not the one the room belongs to. Open the link again.",
  "error.bad-proof": "This link is not whole. Ask for it again and open all of it.",
  "error.browser-too-old": "This browser is too old to encrypt messages. Update it, or use another one.",
  "error.changed": "It did not come back as it was sent.",
  "error.downgraded":
    "The server says that this room is not encrypted, but your link or this browser says that it is. Nothing was sent.",
  "error.identity-changed":
    "The room no longer takes this browser for the person it was. Open the link again to come in anew.",
  "error.insecure":
    "This page came without https, and so the browser refuses to encrypt anything. Open it with https:// in front.",
  "error.key-cut":
    "The end of this link is damaged: the part behind # is not whole. It may have been cut off or changed on its way.",
  "error.key-missing":
    "The part of the link behind # is missing. It holds the key to this room, and only the whole link has it.",
  "error.key-wrong": "The part of the link behind # is not the key to this room. It may have been changed on its way.",
  "error.misconfigured": "This server is not set up right. Whoever runs it finds the reason in its log.",
  "error.no-cookies":
    "This browser keeps nothing for this page, and the room knows you by what it keeps. Allow it for this site, then try again. No seat was taken.",
  "error.not-a-participant": "You have no seat in this room any more. If it still lives, its link lets you in again.",
  "error.offline": "The server does not answer. Check your connection and try again.",
  "error.over-quota": "This server has used up its share for today. It answers again after midnight UTC.",
  "error.room-destroyed": "That room was destroyed. Everything in it is deleted.",
  "error.room-expired": "That room’s time was over. Everything in it is deleted.",
  "error.room-full": "This room is full. It has two people in it, and a room never takes a third. Ask for a new link.",
  "error.room-history-full": "This room holds as many messages as a room may. Create a new one to go on.",
  "error.room-not-found":
    "There is no room at this link. It has ended, or a piece of the link is missing. Ask for a new one.",
  "error.store-unavailable": "The room cannot be reached right now. Try again in a moment.",
  "error.too-large": "That is more than fits in one message.",
  "error.too-many-requests": "That was too fast. Wait a moment and try again.",
}

/**
 * The text of a key, with its placeholders filled.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return WORDS[key].replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole))
}

const plurals = new Intl.PluralRules("en")

/**
 * The text of a key that counts: `<key>.one`, `<key>.other` and whatever else a language tells apart.
 * @param {string} key
 * @param {number} count
 */
export function sayCount(key, count) {
  const exact = `${key}.${plurals.select(count)}`
  return say(Object.hasOwn(WORDS, exact) ? exact : `${key}.other`, { count })
}

/**
 * What to say about an error word, also about one that only a newer server knows.
 * @param {string} word
 */
export function sentence(word) {
  return say(Object.hasOwn(WORDS, `error.${word}`) ? `error.${word}` : "error.any")
}

/**
 * Why the room is over.
 * @param {string} word
 */
export function endReason(word) {
  return Object.hasOwn(WORDS, `ended.${word}`) ? say(`ended.${word}`) : sentence(word)
}
