import { defineConfig } from "@playwright/test"

import { findChromium } from "./tests/browser/chromium.js"

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** What the pages do by themselves has nothing to do with where rooms are kept. */
const PAGES_ONLY = ["lobby", "inviting", "composing", "reading", "keyboard"].map((name) => `${name}.spec.js`)

export default defineConfig({
  testDir: "tests/browser",
  globalSetup: "./tests/browser/build-once.js",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    screenshot: "only-on-failure",
    launchOptions: { executablePath: findChromium(), args: QUIET },
  },
  projects: [
    { name: "embedded", use: { store: "embedded" } },
    { name: "upstash", use: { store: "upstash" }, testIgnore: PAGES_ONLY },
  ],
})
