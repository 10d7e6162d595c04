// The menu: the user's name, the sound, and the button that destroys the room.

export class Menu {
  /**
   * @param {HTMLElement} root
   * @param {object} given
   * @param {() => string} given.name
   * @param {(name: string) => void} given.onName
   * @param {boolean} given.hasSound
   * @param {(isOn: boolean) => void} given.onSound
   * @param {() => void} given.onDestroy
   */
  constructor(root, { name, onName, hasSound, onSound, onDestroy }) {
    const field = /** @type {HTMLInputElement} */ (root.querySelector("[name=name]"))
    root.addEventListener("beforetoggle", () => (field.value = name()))
    field.addEventListener("change", () => onName(field.value))
    field.form?.addEventListener("submit", (event) => {
      event.preventDefault()
      onName(field.value)
      root.hidePopover()
    })
    const sound = /** @type {HTMLInputElement} */ (root.querySelector("[data-sound]"))
    sound.checked = hasSound
    sound.addEventListener("change", () => onSound(sound.checked))
    root.querySelector("[data-destroy]")?.addEventListener("click", () => {
      root.hidePopover()
      onDestroy()
    })
  }
}
