import { getAddress, isAddress } from "ethers";
import { z } from "zod";

/*
 * Kinds of values in the configuration. Each requirement is worded so that it follows "it must"; text from the environment is
 * read as what the key asks for.
 */

export const asNumber = (value: unknown): unknown =>
  typeof value === "string" && value.trim() !== "" ? Number(value.replaceAll("_", "")) : value;
export const asBoolean = (value: unknown): unknown => (value === "true" ? true : value === "false" ? false : value);
export const asList = (value: unknown): unknown =>
  typeof value === "string" ? value.split(",").map((part) => part.trim()) : value;

export const number = (requirement: string, fits: (value: number) => boolean) =>
  z.preprocess(asNumber, z.number({ error: requirement }).refine(fits, { error: requirement }));
export const positive = (unit: string) => number(`be a number of ${unit} above 0`, (value) => value > 0);
export const notNegative = (unit: string) => number(`be a number of ${unit}, at least 0`, (value) => value >= 0);
export const whole = (unit: string) =>
  number(`be a whole number of ${unit}, at least 0`, (value) => Number.isSafeInteger(value) && value >= 0);
export const text = (what: string) => z.string({ error: `be ${what}` }).min(1, { error: `be ${what}` });
export const address = z
  .string({ error: "be an address" })
  .refine((value) => isAddress(value), { error: "be an address (0x and 40 hex digits, checksum right if mixed case)" })
  .transform((value) => getAddress(value));
