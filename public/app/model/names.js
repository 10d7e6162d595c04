// Names: what one may go by, and what is shown of the name that came with a message. No DOM.

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

/** Emoji are the one place where joiners and variation selectors, which are invisible alone, belong. */
const EMOJI = /(\p{RGI_Emoji})/v
/** Line ends, other controls, what no font draws, and what is drawn as nothing. */
const BLANK = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Z}\u2800\uFFFC\u{1D159}]+/gu
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu
/** More marks on one letter than any script needs would be drawn over the lines around it. */
const MARKS = /(\p{M}{4})\p{M}+/gu

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })

/**
 * A name that is fit to travel and to be shown: one line, not too long, every character of it visible.
 * @param {string} raw
 */
export function cleanName(raw) {
  // A limit before the work: a name that came with a message may be as long as a message.
  const parts = raw.slice(0, 1_000).split(EMOJI)
  const visible = parts.map((part, index) => (index % 2 === 1 ? part : withoutInvisible(part))).join("")
  const line = visible.replace(/ +/g, " ").trim()
  return /^\p{M}*$/u.test(line) ? "" : cut(line)
}

/** @param {string} text */
function withoutInvisible(text) {
  return text.replace(BLANK, " ").replace(IGNORABLE, "").replace(MARKS, "$1")
}

/**
 * At most 60 characters, and none of them cut in half.
 * @param {string} line
 */
function cut(line) {
  let [kept, count] = ["", 0]
  for (const { segment } of graphemes.segment(line)) {
    count += [...segment].length
    if (count > MAX_NAME_CHARS) break
    kept += segment
  }
  return kept.trim()
}

/** Letters of other alphabets that look like those of “you”, in every language that Duet speaks: du, vous, tú, você. */
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
 * The name under which a received message is shown: cleaned as one's own is, and never the word for oneself.
 * @param {string} raw
 * @param {string} self the word for oneself
 * @returns {string} empty where there is nothing to show
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

/** A friendly name for somebody who gave none. */
export function generatedName() {
  const [one, two] = crypto.getRandomValues(new Uint8Array(2))
  return `${ADJECTIVES[one % ADJECTIVES.length]} ${ANIMALS[two % ANIMALS.length]}`
}
