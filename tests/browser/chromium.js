import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/** The headless shell is the same browser without windows, and starts in half the time. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** The Chromium of this machine: the one that CHROMIUM_BIN names, or the first on the PATH. */
export function findChromium() {
  const named = process.env.CHROMIUM_BIN
  const found = named ? whereIs(named) : NAMES.map(whereIs).find(Boolean)
  if (!found) throw new Error(`There is no ${named ?? "Chromium"}: install it, or name it in CHROMIUM_BIN.`)
  return found
}

/** @param {string} name a path, or a name to look for on the PATH */
function whereIs(name) {
  const places = name.includes("/") ? [name] : (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, name))
  return places.find(isProgram)
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
