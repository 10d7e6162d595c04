// A page shows one scene at a time.

/**
 * @param {string} name
 * @returns {HTMLElement} the scene
 */
export function showScene(name) {
  for (const scene of scenes()) scene.hidden = scene.dataset.scene !== name
  return /** @type {HTMLElement} */ (scenes().find((scene) => scene.dataset.scene === name))
}

/** @returns {HTMLElement[]} */
function scenes() {
  return [...document.querySelectorAll("[data-scene]")].map((scene) => /** @type {HTMLElement} */ (scene))
}
