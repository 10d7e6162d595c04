// A JSON parser so strict that two implementations never read different content. docs/sealing.md, "What a message
// holds".

/** A string, with the colon that makes it a key; a number; a bracket. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*|[{}[\]]/g
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Parses an object. A number that is not written in digits only becomes null, so it is no integer.
 * @param {BufferSource} bytes UTF-8
 * @returns {Record<string, unknown> | null} null if it is no object, or has a BOM, a repeated key or a lone surrogate
 */
export function parseObject(bytes) {
  try {
    const text = decoder.decode(bytes)
    JSON.parse(text)
    const value = JSON.parse(strict(text))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** @param {string} text valid JSON */
function strict(text) {
  /** @type {Set<string>[]} the keys of each open bracket */
  const keys = []
  return text.replaceAll(TOKEN, (token, string, colon) => {
    if (string !== undefined) checkString(string, colon ? keys.at(-1) : undefined)
    else if (token === "{" || token === "[") keys.push(new Set())
    else if (token === "}" || token === "]") keys.pop()
    else if (!/^\d+$/.test(token)) return "null"
    return token
  })
}

/**
 * @param {string} string with its quotes
 * @param {Set<string> | undefined} keys the keys before it, if it is a key
 */
function checkString(string, keys) {
  const value = JSON.parse(string)
  if (!value.isWellFormed() || keys?.has(value)) throw new SyntaxError("not strict JSON")
  keys?.add(value)
}
