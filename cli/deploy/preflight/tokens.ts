import type { NetworkToken } from "../../../sdk/chain/networks/types.ts";
import { hasCode, readView } from "./read.ts";
import { problem, type Check, type Finding, type Subject } from "./types.ts";

/** Whether base and quote are the tokens that the description takes them for. */
export const checkTokens: Check = async ({ vault, rpc }) => {
  const findings = await Promise.all([checkToken("base", vault.base, rpc), checkToken("quote", vault.quote, rpc)]);
  return findings.flat();
};

async function checkToken(role: string, token: NetworkToken, rpc: Subject["rpc"]): Promise<readonly Finding[]> {
  const { address, symbol, decimals } = token;
  if (!(await hasCode(rpc, address))) {
    return [problem("no-token", `There is no contract at the ${role} ${symbol} = ${address}. Correct the address.`)];
  }
  const [shownSymbol, shownDecimals] = await Promise.all([
    readView(rpc, address, "function symbol() view returns (string)"),
    readView(rpc, address, "function decimals() view returns (uint8)"),
  ]);
  const findings: Finding[] = [];
  const actual = shownDecimals?.[0] as bigint | undefined;
  if (actual === undefined || Number(actual) !== decimals) {
    findings.push(
      problem(
        "token-decimals",
        `The ${role} ${address} has ${actual ?? "no"} decimals, ${decimals} are described: every price would be off. Correct decimals.`,
      ),
    );
  }
  // A network may know two tokens of one symbol; the table then tells them apart by a word in front.
  const told = shownSymbol?.[0] as string | undefined;
  if (told === undefined || !symbol.endsWith(told)) {
    findings.push(
      problem(
        "token-symbol",
        `The ${role} ${address} calls itself ${JSON.stringify(told ?? "nothing")}, not ${symbol}. Is it the right token?`,
      ),
    );
  }
  return findings;
}
