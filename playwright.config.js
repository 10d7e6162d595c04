import { availableParallelism } from "node:os"

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
  // One worker more than processors, because some specs mostly wait for a room to expire.
  workers: availableParallelism() + 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    screenshot: "only-on-failure",
    // Animation frames are much of the work of a browser without a graphics card.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: { executablePath: findChromium(), args: QUIET },
  },
  projects: [
    { name: "embedded", use: { store: "embedded" } },
    // The pages are the same with either store, so this project runs only the specs that depend on the store.
    { name: "upstash", use: { store: "upstash" }, grep: /@stores/ },
  ],
})
