// The state of a session at its beginning, for both kinds of rooms.

/** @import { SessionState } from "./interface.js" */

/**
 * @param {SessionState["phase"]} phase
 * @param {boolean} survivesReload
 * @returns {SessionState}
 */
export function initialState(phase, survivesReload) {
  return {
    phase,
    reason: null,
    hasWords: false,
    wordsConfirmed: false,
    wordsUnavailable: false,
    isOrderBroken: false,
    otherHasSeen: 0,
    otherHasRead: 0,
    survivesReload,
  }
}
