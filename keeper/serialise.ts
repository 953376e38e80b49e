/*
 * JSON for the journal. Amounts are bigint and a health can be infinite; plain JSON throws on the first and turns the
 * second into null. Both are kept as tagged text instead, and come back as they were.
 */

const BIGINT_TAG = "$bigint";
const NUMBER_TAG = "$number";

/** JSON text of a value that may hold bigints and numbers that are not finite. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, entry: unknown): unknown => {
    if (typeof entry === "bigint") return { [BIGINT_TAG]: entry.toString() };
    if (typeof entry === "number" && !Number.isFinite(entry)) return { [NUMBER_TAG]: String(entry) };
    return entry;
  });
  if (text === undefined) throw new TypeError("A value that has no JSON form cannot be written to the journal.");
  return text;
}

/** The value that `toJson` wrote. Throws SyntaxError on text that is not JSON. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, entry: unknown): unknown => {
    if (typeof entry !== "object" || entry === null) return entry;
    const keys = Object.keys(entry);
    if (keys.length !== 1) return entry;
    const tagged = entry as Record<string, unknown>;
    const [big, number] = [tagged[BIGINT_TAG], tagged[NUMBER_TAG]];
    if (typeof big === "string") return BigInt(big);
    if (typeof number === "string") return Number(number);
    return entry;
  });
}
