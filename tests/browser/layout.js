// Checks the layout of texts: no word is broken, nothing is cut off or overlapped, and the page does not scroll
// sideways.

/**
 * The layout faults in a part of the page.
 * @param {import("@playwright/test").Page} page
 * @param {string} part a selector; a part that covers the page is checked alone
 * @returns {Promise<string[]>}
 */
export function layoutFaults(page, part = "body") {
  return page.locator(part).evaluate((root) => {
    const CONTROLS = "button, a.button, input:not([type=radio]), select, textarea"
    const width = document.documentElement.clientWidth
    const faults = []

    const nameOf = (element) => `${element.tagName.toLowerCase()} “${(element.textContent || element.id).trim()}”`
    const isClipped = (element) => element.closest(".visually-hidden, [data-continued=true] .message__head") !== null
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !isClipped(element)

    // Elements that are scrolled out of view are not overlapped.
    const visibleIn = (rect, element) => {
      const scroller = element.closest("[data-scroller]")?.getBoundingClientRect()
      if (!scroller) return rect
      const [top, bottom] = [Math.max(rect.top, scroller.top), Math.min(rect.bottom, scroller.bottom)]
      return new DOMRect(rect.x, top, rect.width, Math.max(0, bottom - top))
    }
    const linesOf = (element) =>
      [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
        .flatMap((node) => {
          const range = document.createRange()
          range.selectNodeContents(node)
          return [...range.getClientRects()]
        })
    const overlap = (one, other) =>
      Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
      Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4

    const pieces = []
    for (const element of [root, ...root.querySelectorAll("*")].filter(isShown)) {
      const boxes = element.matches(CONTROLS) ? [element.getBoundingClientRect()] : linesOf(element)
      for (const box of boxes) {
        const rect = visibleIn(box, element)
        if (rect.width > 0 && rect.height > 4) pieces.push({ element, rect })
      }
      const tops = new Set(linesOf(element).map(({ top }) => Math.round(top)))
      const isOurs = !element.closest("[data-part=text]")
      if (isOurs && tops.size > element.textContent.trim().split(/[\s-]+/).length)
        faults.push(`${nameOf(element)} is broken`)
      const control = element.closest(CONTROLS)?.getBoundingClientRect()
      for (const line of control && !element.matches("select, input, textarea") ? linesOf(element) : []) {
        const isInside = line.left >= control.left - 1 && line.right <= control.right + 1
        if (!isInside || line.top < control.top - 1 || line.bottom > control.bottom + 1) {
          faults.push(`${nameOf(element)} is larger than its control`)
        }
      }
    }

    if (document.scrollingElement.scrollWidth > width) faults.push("the page scrolls sideways")
    for (const { element, rect } of pieces) {
      if (rect.left < -0.5 || rect.right > width + 0.5) faults.push(`${nameOf(element)} leaves the page`)
    }
    for (const [index, one] of pieces.entries()) {
      for (const other of pieces.slice(index + 1)) {
        const isOne = one.element.contains(other.element) || other.element.contains(one.element)
        if (!isOne && overlap(one.rect, other.rect))
          faults.push(`${nameOf(one.element)} lies on ${nameOf(other.element)}`)
      }
    }
    return [...new Set(faults)]
  })
}

const LETTERS = [..."ابتثجحخدذرزسشصضطظعغفقكلمن"]

/**
 * A text in a pseudo-language: right to left, and one and a half times as long as English.
 * @param {string} text
 */
export function pseudo(text) {
  return text.replace(/\{\w+\}|\p{L}+/gu, (word) => {
    if (word.startsWith("{")) return word
    const letters = Array.from(word, (letter) => LETTERS[(letter.codePointAt(0) ?? 0) % LETTERS.length])
    return [...letters, ...letters.slice(0, Math.ceil(letters.length * 0.6))].join("")
  })
}
