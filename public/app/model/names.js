// Names: which ones are allowed, and how the name of a received message is shown. No DOM.

const MAX_NAME_CHARS = 60

const ADJECTIVES = [
  "Amber",
  "Brave",
  "Calm",
  "Clever",
  "Gentle",
  "Golden",
  "Happy",
  "Kind",
  "Lucky",
  "Mellow",
  "Quiet",
  "Silver",
  "Sunny",
  "Swift",
  "Warm",
  "Wise",
]
const ANIMALS = [
  "Badger",
  "Crane",
  "Deer",
  "Dolphin",
  "Finch",
  "Fox",
  "Hare",
  "Heron",
  "Koala",
  "Lynx",
  "Magpie",
  "Otter",
  "Owl",
  "Panda",
  "Robin",
  "Seal",
]

/**
 * A name that can be sent and shown: one line, of limited length, with visible characters only.
 * @param {string} raw
 */
export function cleanName(raw) {
  if (!raw) return ""
  // Limits the work first: the name of a message may be as long as a message. Joiners and variation selectors are
  // invisible by themselves, and allowed in emoji only.
  const parts = raw.slice(0, 1_000).split(/(\p{RGI_Emoji})/v)
  const visible = parts.map((part, index) => (index % 2 === 1 ? part : withoutInvisible(part))).join("")
  const line = visible.replace(/ +/g, " ").trim()
  return /^\p{M}*$/u.test(line) ? "" : cut(line)
}

/** @param {string} text */
function withoutInvisible(text) {
  return (
    text
      // Line breaks, other control characters, characters without a glyph, and blank ones.
      .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Z}\u2800\uFFFC\u{1D159}]+/gu, " ")
      .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu, "")
      // More marks on a letter than any script needs. They would be drawn over the neighbouring lines.
      .replace(/(\p{M}{4})\p{M}+/gu, "$1")
  )
}

/** @type {Intl.Segmenter | undefined} */
let graphemes

/**
 * Cuts a line to at most 60 characters, never inside a character.
 * @param {string} line
 */
function cut(line) {
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  let [kept, count] = ["", 0]
  for (const { segment } of graphemes.segment(line)) {
    count += [...segment].length
    if (count > MAX_NAME_CHARS) break
    kept += segment
  }
  return kept.trim()
}

/** Letters of other alphabets that look like those of “you” in every language of Duet: du, vous, tú, você. */
const LOOKALIKES = new Map(
  Object.entries({
    Υ: "y",
    у: "y",
    ү: "y",
    γ: "y",
    ỿ: "y",
    ʏ: "y",
    о: "o",
    ο: "o",
    օ: "o",
    σ: "o",
    0: "o",
    υ: "u",
    ս: "u",
    ʊ: "u",
    ц: "u",
    ᴜ: "u",
    ԁ: "d",
    ѵ: "v",
    ν: "v",
    ѕ: "s",
    т: "t",
    τ: "t",
    с: "c",
    ϲ: "c",
    е: "e",
    ҽ: "e",
  }),
)

/**
 * The name that is shown for a received message: cleaned, and never the word for oneself.
 * @param {string} raw
 * @param {string} self the word for oneself
 * @returns {string} empty if nothing can be shown
 */
export function shownName(raw, self) {
  const name = cleanName(raw)
  return skeleton(name) === skeleton(self) ? "" : name
}

/** @param {string} name */
function skeleton(name) {
  const bare = name.normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "")
  return Array.from(
    bare,
    (letter) => LOOKALIKES.get(letter) ?? LOOKALIKES.get(letter.toLowerCase()) ?? letter.toLowerCase(),
  ).join("")
}

/** A friendly name for a person who has not chosen one. */
export function generatedName() {
  const [one, two] = crypto.getRandomValues(new Uint8Array(2))
  return `${ADJECTIVES[one % ADJECTIVES.length]} ${ANIMALS[two % ANIMALS.length]}`
}
