// Cuts a text into words, code and links. The first half knows no DOM; the second builds the nodes.

/** @typedef {{kind: "text" | "code" | "block" | "link", text: string, href?: string}} Piece */

/**
 * Code between backticks, links, and words.
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  return splitBy(text, /\n?```([\s\S]+?)```\n?/g, blockOf, (rest) => splitBy(rest, /`([^`\n]+)`/g, codeOf, linkPieces))
}

/**
 * Cuts out what a pattern finds, and hands on what is between.
 * @param {string} text
 * @param {RegExp} pattern
 * @param {(found: RegExpExecArray) => Piece} pieceOf
 * @param {(rest: string) => Piece[]} between
 */
function splitBy(text, pattern, pieceOf, between) {
  const pieces = []
  let end = 0
  for (const found of text.matchAll(pattern)) {
    if (found.index > end) pieces.push(...between(text.slice(end, found.index)))
    pieces.push(pieceOf(found))
    end = found.index + found[0].length
  }
  if (end < text.length) pieces.push(...between(text.slice(end)))
  return pieces
}

/**
 * The line breaks beside the backticks, within and without, are those of the block.
 * @param {RegExpExecArray} found
 * @returns {Piece}
 */
function blockOf(found) {
  const inner = found[1].replace(/^\n/, "").replace(/\n$/, "")
  return { kind: "block", text: inner || found[1] }
}

/**
 * @param {RegExpExecArray} found
 * @returns {Piece}
 */
function codeOf(found) {
  return { kind: "code", text: found[1] }
}

// --- Links ---

/** An address ends at a space, at quotes and brackets, at a backslash, and at whatever is invisible or turns the writing. */
const ADDRESS = /\bhttps?:\/\/[\p{L}\p{N}[][^\s<>"'`\\\p{C}\p{Default_Ignorable_Code_Point}]*/giu
const CLOSING = new Set(".,;:!?]}…»”’")

/**
 * @param {string} text
 * @returns {Piece[]}
 */
export function linkPieces(text) {
  /** @type {Piece[]} */
  const pieces = []
  let end = 0
  for (const found of text.matchAll(ADDRESS)) {
    const raw = withoutClosing(found[0])
    const link = linkOf(raw)
    if (!link) continue
    if (found.index > end) pieces.push({ kind: "text", text: text.slice(end, found.index) })
    pieces.push(link)
    end = found.index + raw.length
  }
  if (end < text.length) pieces.push({ kind: "text", text: text.slice(end) })
  return pieces
}

/**
 * Punctuation behind an address belongs to the sentence; a bracket too, unless it was opened within the address.
 * @param {string} address
 */
function withoutClosing(address) {
  let unopened = address.split(")").length - address.split("(").length
  let end = address.length
  for (; end > 0; end -= 1) {
    const last = address[end - 1]
    if (last === ")" && unopened > 0) unopened -= 1
    else if (!CLOSING.has(last)) break
  }
  return address.slice(0, end)
}

/**
 * A link whose text shows where it leads. An address with a name before the host, which is there to be taken for the host,
 * is none.
 * @param {string} raw
 * @returns {Piece | null}
 */
function linkOf(raw) {
  if (!URL.canParse(raw)) return null
  const url = new URL(raw)
  if (url.username || url.password || raw.split(/[/?#]/)[2].includes("@")) return null
  return { kind: "link", text: isPlainHost(hostIn(raw), url.hostname) ? raw : url.href, href: url.href }
}

/**
 * The host as it was written.
 * @param {string} raw
 */
function hostIn(raw) {
  const authority = raw.split(/[/?#]/)[2]
  return authority.replace(/:\d*$/, "").toLowerCase()
}

/** Alphabets in which a host is shown as written, if it is in one of them throughout, its last part included. */
const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Devanagari", "Thai", "Hangul"].map(
  (script) => new RegExp(`^[\\p{Script=${script}}\\d.-]+$`, "u"),
)
const EAST_ASIAN = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\d.ー-]+$/u

/**
 * Whether a host may be shown as it was written. What mixes alphabets, runs from right to left, or is written so that the
 * browser makes something else of it is shown as the browser reads it.
 * @param {string} written
 * @param {string} read as the browser has it: ASCII
 */
function isPlainHost(written, read) {
  if (/^[\x21-\x7E]+$/.test(written)) return written === read
  // Wide and other variants of letters are not the letters of the host.
  if (written !== written.normalize("NFKC")) return false
  return SCRIPTS.some((script) => script.test(written)) || EAST_ASIAN.test(written)
}

// --- Emoji ---

/**
 * Whether a text is a few emoji and nothing else.
 * @param {string} text
 */
export function isEmojiOnly(text) {
  if (text.length > 80) return false
  const bare = text.replace(/\s/gu, "")
  return bare.length <= 40 && /^(\p{RGI_Emoji}){1,6}$/v.test(bare)
}

// --- Nodes ---

/**
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function nodesOf(text) {
  return piecesOf(text).map((piece) => (piece.kind === "text" ? piece.text : elementOf(piece)))
}

/** @param {Piece} piece */
function elementOf({ kind, text, href }) {
  const element = document.createElement(kind === "link" ? "a" : "code")
  element.textContent = text
  if (kind === "block") element.className = "code-block"
  if (element instanceof HTMLAnchorElement && href) {
    element.href = href
    element.target = "_blank"
    element.rel = "noopener noreferrer nofollow"
    element.dir = "ltr"
  }
  return element
}
