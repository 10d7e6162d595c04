// Splits a text into words, code and links. The first half uses no DOM; the second builds the nodes.

/** @typedef {{kind: "text" | "code" | "block" | "link", text: string, href?: string}} Piece */

/**
 * Splits a text into code between backticks, links and words.
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  return splitBy(text, /\n?```([\s\S]+?)```\n?/g, blockOf, (rest) => splitBy(rest, /`([^`\n]+)`/g, codeOf, linkPieces))
}

/**
 * Splits a text at the matches of a pattern and passes the parts between them to `between`.
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
 * A code block. The line breaks next to the backticks, inside and outside, belong to the block.
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

/** A URL ends at a space, a quote, a bracket, a backslash, and any invisible or direction-changing character. */
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
 * Punctuation after a URL belongs to the sentence. So does a closing bracket, unless it was opened within the URL.
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
 * A link whose text shows where it leads. A URL with a user name before the host is not a link, because the user name
 * could be mistaken for the host.
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
 * The host as written in the text.
 * @param {string} raw
 */
function hostIn(raw) {
  const authority = raw.split(/[/?#]/)[2]
  return authority.replace(/:\d*$/, "").toLowerCase()
}

/** Scripts in which a host is shown as written, if all of it, including the last label, is in one of them. */
const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Devanagari", "Thai", "Hangul"].map(
  (script) => new RegExp(`^[\\p{Script=${script}}\\d.-]+$`, "u"),
)
const EAST_ASIAN = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\d.ー-]+$/u

/**
 * Whether a host may be shown as it was written. A host that mixes scripts, runs from right to left or is changed by
 * the browser is shown as the browser reads it.
 * @param {string} written
 * @param {string} read as the browser reads it: ASCII
 */
function isPlainHost(written, read) {
  if (/^[\x21-\x7E]+$/.test(written)) return written === read
  // Full-width and other variants are not the letters of the host.
  if (written !== written.normalize("NFKC")) return false
  return SCRIPTS.some((script) => script.test(written)) || EAST_ASIAN.test(written)
}

// --- Emoji ---

/**
 * Whether a text consists of a few emoji and nothing else.
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
