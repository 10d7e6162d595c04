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
    // What happens before there is a room has nothing to do with where rooms are kept.
    { name: "upstash", use: { store: "upstash" }, testIgnore: "lobby.spec.js" },
  ],
})
