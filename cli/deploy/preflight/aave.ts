import type { NetworkToken } from "../../../sdk/chain/networks/types.ts";
import { readFeedPrice } from "./feeds.ts";
import { hasCode, readView } from "./read.ts";
import { problem, type Check, type Finding, type Subject } from "./types.ts";

const CONFIGURATION =
  "function getReserveConfigurationData(address asset) view returns (uint256 decimals, uint256 ltv, uint256 liquidationThreshold, uint256 liquidationBonus, uint256 reserveFactor, bool usageAsCollateralEnabled, bool borrowingEnabled, bool stableBorrowRateEnabled, bool isActive, bool isFrozen)";
const TOKENS =
  "function getReserveTokensAddresses(address asset) view returns (address aToken, address stableDebtToken, address variableDebtToken)";

/** A vault short of its base has up to half of its value in the pool's base, all of it borrowed. */
const BORROWED_PART = 0.5;

/** Whether Aave takes the quote as collateral, lends the base, and has room for a full vault. */
export const checkAave: Check = async (subject) => {
  const { vault, rpc } = subject;
  if (!vault.hedges.includes("aaveV3")) return [];
  const { pool, protocolDataProvider } = vault.network.aaveV3;
  for (const [name, at] of Object.entries({ pool, "data provider": protocolDataProvider })) {
    if (await hasCode(rpc, at)) continue;
    return [
      problem(
        "no-aave",
        `There is no contract at Aave's ${name} ${at} on ${vault.network.title}. Leave aaveV3 out of hedges.`,
      ),
    ];
  }
  const price = await readFeedPrice(subject);
  const cap = Number(vault.depositCapQuote) / 10 ** vault.quote.decimals;
  const findings = await Promise.all([
    checkReserve(subject, vault.quote, "collateral"),
    checkReserve(subject, vault.base, "loan"),
    checkTokensOfReserves(subject),
    checkRoom(subject, vault.quote, "supply", cap),
    ...(price === undefined ? [] : [checkRoom(subject, vault.base, "borrow", (cap * BORROWED_PART) / price)]),
  ]);
  return findings.flat();
};

async function checkReserve(
  { vault, rpc }: Subject,
  { symbol, address }: NetworkToken,
  use: "collateral" | "loan",
): Promise<readonly Finding[]> {
  const { protocolDataProvider } = vault.network.aaveV3;
  const [data, paused] = await Promise.all([
    readView(rpc, protocolDataProvider, CONFIGURATION, [address]),
    readView(rpc, protocolDataProvider, "function getPaused(address) view returns (bool)", [address]),
  ]);
  if (data === undefined || !data["isActive"]) {
    return [
      problem(
        "aave-not-active",
        `Aave has no active reserve of ${symbol} (${address}). Choose a token that Aave lists.`,
      ),
    ];
  }
  const findings: Finding[] = [];
  if (data["isFrozen"]) {
    findings.push(
      problem(
        "aave-frozen",
        `Aave has frozen ${symbol}: nothing can be supplied or borrowed. Wait until its governance lifts it.`,
      ),
    );
  }
  if (paused?.[0] === true) {
    findings.push(
      problem(
        "aave-paused",
        `Aave has paused ${symbol}: not even a repayment goes through. Wait until its guardian lifts it.`,
      ),
    );
  }
  if (use === "loan" && !data["borrowingEnabled"]) {
    findings.push(
      problem("aave-no-borrowing", `Aave does not lend ${symbol}. Choose another base, or hedge on another venue.`),
    );
  }
  if (use === "collateral" && (data["ltv"] === 0n || !data["usageAsCollateralEnabled"])) {
    findings.push(
      problem(
        "aave-no-collateral",
        `Aave lends nothing against ${symbol} (its loan-to-value is 0). Choose another quote.`,
      ),
    );
  }
  return findings;
}

async function checkTokensOfReserves({ vault, rpc }: Subject): Promise<readonly Finding[]> {
  const { protocolDataProvider } = vault.network.aaveV3;
  const [quote, base] = await Promise.all([
    readView(rpc, protocolDataProvider, TOKENS, [vault.venues.quote]),
    readView(rpc, protocolDataProvider, TOKENS, [vault.venues.base]),
  ]);
  return (
    [
      ["aToken", vault.quote.symbol, vault.venues.quoteAToken, quote?.["aToken"]],
      ["debt token", vault.base.symbol, vault.venues.baseDebtToken, base?.["variableDebtToken"]],
    ] as const
  ).flatMap(([what, symbol, ours, theirs]) =>
    String(theirs ?? "").toLowerCase() === ours.toLowerCase()
      ? []
      : [
          problem(
            "aave-token-mismatch",
            `The ${what} of ${symbol} is ${String(theirs ?? "nothing")} on Aave, ${ours} in the network's table. Update @bgd-labs/aave-address-book.`,
          ),
        ],
  );
}

/** `wanted` in whole tokens. */
async function checkRoom(
  { vault, rpc }: Subject,
  token: NetworkToken,
  kind: "supply" | "borrow",
  wanted: number,
): Promise<readonly Finding[]> {
  const { protocolDataProvider } = vault.network.aaveV3;
  const [caps, used] = await Promise.all([
    readView(
      rpc,
      protocolDataProvider,
      "function getReserveCaps(address) view returns (uint256 borrowCap, uint256 supplyCap)",
      [token.address],
    ),
    readView(
      rpc,
      protocolDataProvider,
      `function ${kind === "supply" ? "getATokenTotalSupply" : "getTotalDebt"}(address) view returns (uint256)`,
      [token.address],
    ),
  ]);
  if (caps === undefined || used === undefined) {
    return [
      problem(
        "aave-unreadable",
        `Aave's data provider ${protocolDataProvider} does not say how much ${token.symbol} may be ${kind === "supply" ? "supplied" : "borrowed"}.`,
      ),
    ];
  }
  const cap = Number(caps[kind === "supply" ? "supplyCap" : "borrowCap"]);
  if (cap === 0) return []; // none
  const room = cap - Number(used[0]) / 10 ** token.decimals;
  if (room >= wanted) return [];
  return [
    problem(
      `aave-${kind}-cap`,
      `Aave's ${kind} cap of ${token.symbol} leaves room for ${Math.max(0, room).toFixed(2)}, a full vault wants ${wanted.toFixed(2)}. Lower depositCap, or wait until the cap is raised.`,
    ),
  ];
}
