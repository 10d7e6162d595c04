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
  // One more than processors: some specs wait for the end of a room.
  workers: 3,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    screenshot: "only-on-failure",
    // Frames of movement are a good part of what a browser without a graphics card works on.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: { executablePath: findChromium(), args: QUIET },
  },
  projects: [
    { name: "embedded", use: { store: "embedded" } },
    // The pages are the same with either store, so here is only what a store has a part in.
    { name: "upstash", use: { store: "upstash" }, grep: /@stores/ },
  ],
})
