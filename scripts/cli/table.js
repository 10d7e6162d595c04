/**
 * Prints a row for each check, with its findings below it.
 * @param {{what: string, note?: string, findings: string[]}[]} rows
 */
export function printTable(rows) {
  const width = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, note = "", findings } of rows) {
    const verdict = findings.length === 0 ? "ok " : "BAD"
    console.log(`${verdict}  ${what.padEnd(width)}  ${note}`.trimEnd())
    for (const finding of findings) console.log(`     ${finding}`)
  }
}
