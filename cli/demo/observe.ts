import { computeLpAmounts } from "../../sdk/math/lp.ts";
import { toFloat } from "../../sdk/math/units.ts";
import { humanRange } from "../../sdk/policy/exposure.ts";
import type { Snapshot, VaultState } from "../../sdk/policy/types.ts";
import type { MarkPhase, VaultMark } from "../../sdk/sim/mark.ts";
import type { Observation } from "./types.ts";

const WAD = 1e18;

/** Values a snapshot at the market's price `at.price`; the vault's own books are at the oracle's. */
export function observe(
  snapshot: Snapshot,
  at: { readonly phase: MarkPhase; readonly gasQuote: number; readonly price: number },
): Observation {
  const v = snapshot.vault;
  const oraclePrice = Number(v.oracle.priceWad) / WAD;
  const parts = readParts(v, oraclePrice);
  const ranges = v.ranges.map((range) => humanRange(range, v));
  const principal = ranges.map((range) => computeLpAmounts(range, at.price));
  const mark: VaultMark = {
    ...parts,
    phase: at.phase,
    timestamp: snapshot.timestamp,
    price: at.price,
    liquidityBase: principal.reduce((sum, amounts) => sum + amounts.baseAmount, 0),
    liquidityQuote: principal.reduce((sum, amounts) => sum + amounts.quoteAmount, 0),
    shares: toFloat(v.totalSupply, v.shareDecimals),
    gasQuote: at.gasQuote,
  };
  const base = parts.idleBase + parts.feesBase + toFloat(v.liquidity.base, v.base.decimals) - parts.debtBase;
  const quote = parts.idleQuote + parts.feesQuote + toFloat(v.liquidity.quote, v.quote.decimals) + parts.marginQuote;
  return {
    mark,
    deltaBase: toFloat(v.book.deltaBase, v.base.decimals),
    oraclePrice,
    health: parts.debtBase === 0 ? null : Number(v.book.healthWad) / WAD,
    shorts: v.hedges.flatMap(({ venue, deltaBase }) =>
      deltaBase < 0n ? [{ venue, base: -toFloat(deltaBase, v.base.decimals) }] : [],
    ),
    range:
      ranges.length === 0
        ? null
        : {
            priceLower: Math.min(...ranges.map((range) => range.priceLower)),
            priceUpper: Math.max(...ranges.map((range) => range.priceUpper)),
          },
    navDifferenceQuote: toFloat(v.book.navQuote, v.quote.decimals) - (quote + base * oraclePrice),
  };
}

type Parts = Pick<VaultMark, "idleBase" | "idleQuote" | "feesBase" | "feesQuote" | "marginQuote" | "debtBase">;

function readParts(v: VaultState, oraclePrice: number): Parts {
  const debtBase = v.hedges.reduce((sum, hedge) => sum - toFloat(hedge.deltaBase, v.base.decimals), 0);
  // A hedge's equity is its margin less the debt at the oracle's price.
  // Between the lowest and the highest value, as the vault's own NAV is.
  const equityQuote = v.hedges.reduce(
    (sum, hedge) => sum + toFloat((hedge.equityMinQuote + hedge.equityMaxQuote) / 2n, v.quote.decimals),
    0,
  );
  return {
    idleBase: toFloat(v.idleBase, v.base.decimals),
    idleQuote: toFloat(v.idleQuote, v.quote.decimals),
    feesBase: toFloat(v.liquidity.feesBase, v.base.decimals),
    feesQuote: toFloat(v.liquidity.feesQuote, v.quote.decimals),
    // Zero less a rounding error is zero.
    marginQuote: Math.max(0, equityQuote + debtBase * oraclePrice),
    debtBase: Math.max(0, debtBase),
  };
}
