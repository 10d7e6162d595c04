// A page shows one scene at a time.

/**
 * Shows a scene. Its title gets the focus, so that a screen reader reads it.
 * @param {string} name
 * @returns {HTMLElement} the scene
 */
export function showScene(name) {
  for (const scene of scenes()) scene.hidden = scene.dataset.scene !== name
  const shown = /** @type {HTMLElement} */ (scenes().find((scene) => scene.dataset.scene === name))
  const title = /** @type {HTMLElement | null} */ (shown.querySelector("h1[tabindex]"))
  title?.focus()
  return shown
}

/** @returns {HTMLElement[]} */
function scenes() {
  return [...document.querySelectorAll("[data-scene]")].map((scene) => /** @type {HTMLElement} */ (scene))
}
