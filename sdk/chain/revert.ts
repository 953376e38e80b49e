import { createRequire } from "node:module";

import { type ErrorDescription, Interface, type InterfaceAbi } from "ethers";

import { errorInterfaces } from "./contracts.ts";

/** Errors of the tokens and venues that a vault's call can end in, besides our own. */
const VENUE_ERRORS = new Interface([
  "error Error(string reason)",
  "error Panic(uint256 code)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error SafeERC20FailedOperation(address token)",
  "error AccessManagedUnauthorized(address caller)",
]);

/** The package's modules for browsers do not resolve in Node; those for CommonJS do. */
const require = createRequire(import.meta.url);
let gmxErrors: Interface | undefined;

/** The errors that GMX publishes, over three hundred: parsed when the first error is nobody else's. */
function gmxErrorsOf(): Interface {
  gmxErrors ??= new Interface((require("@gmx-io/sdk/abis/CustomErrors") as { default: InterfaceAbi }).default);
  return gmxErrors;
}

/** "0x" and four bytes. */
const SELECTOR_HEX_LENGTH = 10;

/** A revert's name and values, or undefined when no known contract declares it. */
export function parseRevert(data: string): ErrorDescription | undefined {
  if (data.length < SELECTOR_HEX_LENGTH) return undefined;
  for (const known of [...errorInterfaces, VENUE_ERRORS]) {
    const parsed = known.parseError(data);
    if (parsed !== null) return parsed;
  }
  return gmxErrorsOf().parseError(data) ?? undefined;
}

/**
 * Revert data in words: `HedgedVault_WrongEpoch(expected 3, actual 4)`, or the selector where it is unknown.
 *
 * @param data Revert data as 0x hex; "0x" is a revert without data.
 */
export function describeRevert(data: string): string {
  if (data === "0x" || data === "") return "no reason given";
  const parsed = parseRevert(data);
  if (parsed === undefined) return `unknown error ${data.slice(0, SELECTOR_HEX_LENGTH)}`;
  const values = parsed.fragment.inputs.map((input, i) => `${input.name} ${String(parsed.args[i])}`.trim());
  return `${parsed.name}(${values.join(", ")})`;
}
