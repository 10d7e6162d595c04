import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/** The headless shell comes first: the same browser without windows, which starts in half the time. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** This machine's Chromium: the one that CHROMIUM_BIN names, or the first on the PATH. */
export function findChromium() {
  const named = process.env.CHROMIUM_BIN
  const found = named ? whereIs(named) : NAMES.map(whereIs).find(Boolean)
  if (!found) throw new Error(`There is no ${named ?? "Chromium"}: install it, or name it in CHROMIUM_BIN.`)
  return found
}

/** @param {string} name a path, or a name on the PATH */
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
