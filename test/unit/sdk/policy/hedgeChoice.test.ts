import { expect } from "chai";
import { describe, it } from "mocha";

import { chooseHedge, costPerYear } from "../../../../sdk/policy/hedgeChoice.ts";
import { defaultSettings } from "../../../../sdk/policy/settings.ts";
import { situationOf } from "../../../../sdk/policy/situation.ts";
import type { HedgeTerms, Market, Situation, SituationHedge } from "../../../../sdk/policy/types.ts";
import { expectClose } from "../../../support/close.ts";
import { MARKET, snapshotOf } from "./snapshots.ts";

const loan: SituationHedge = { venue: "aave-v3-short", shortBase: 0, marginFactor: 0.78, isUsable: true };
const perp: SituationHedge = { venue: "gmx-v2-short", shortBase: 0, marginFactor: 0.995, isUsable: true };
const at = (carryPerYear: number, tradeFraction = 0.0005, orderQuote = 0): HedgeTerms => ({
  carryPerYear,
  tradeFraction,
  orderQuote,
});

function choose(hedges: readonly SituationHedge[], terms?: readonly (HedgeTerms | undefined)[], gasQuote = 1) {
  const situation: Situation = { ...situationOf(snapshotOf()), hedges };
  const market: Market = { ...MARKET, hedgeGasQuote: gasQuote, hedgeTerms: terms };
  const choice = chooseHedge(situation, market, defaultSettings);
  return choice === undefined ? undefined : { index: choice.index, isMove: choice.isMove };
}

describe("chooseHedge", () => {
  it("opens at the cheapest venue that is known, else at the owner's first", () => {
    expect(choose([loan, perp], [at(0.03), at(0.02)])).to.deep.equal({ index: 1, isMove: false });
    expect(choose([loan, perp], [at(0.02), at(0.03)])).to.deep.equal({ index: 0, isMove: false });
    expect(choose([loan, perp], [undefined, at(0.9)])).to.deep.equal({ index: 1, isMove: false });
    expect(choose([loan, perp], [undefined, undefined])).to.deep.equal({ index: 0, isMove: false });
    expect(choose([loan, perp])).to.deep.equal({ index: 0, isMove: false });
  });

  it("counts what a venue's trades cost, not its carry alone", () => {
    // Thirty times the short is traded in a year: 0.1 % a trade are 3 % a year.
    expectClose(costPerYear(at(0.01, 0.001), defaultSettings), 0.04, 1e-12);
    expect(choose([loan, perp], [at(0.02, 0.0005), at(0.01, 0.001)])).to.deep.equal({ index: 0, isMove: false });
  });

  it("moves a short only for a saving that pays for the move within the holding time", () => {
    const short = { ...loan, shortBase: 100 };
    // Closing and opening cost 0.05 % each, the swap 0.05 %, gas and orders 4 of 250,000: 7.9 % a year over a week.
    expect(choose([short, perp], [at(0.08), at(0.003)])).to.deep.equal({ index: 0, isMove: false });
    expect(choose([short, perp], [at(0.09), at(0.003)])).to.deep.equal({ index: 1, isMove: true });
    expect(choose([short, perp], [at(0.09), at(0.003)], 100), "dear gas").to.deep.equal({ index: 0, isMove: false });
  });

  it("neither moves to nor leaves a venue whose terms it does not know", () => {
    const short = { ...loan, shortBase: 100 };
    expect(choose([short, perp], [at(0.9), undefined])).to.deep.equal({ index: 0, isMove: false });
    expect(choose([short, perp], [undefined, at(-0.9)])).to.deep.equal({ index: 0, isMove: false });
  });

  it("brings a short together that a move left in two places", () => {
    const most = { ...perp, shortBase: 80 };
    const rest = { ...loan, shortBase: 20 };
    expect(choose([rest, most], [at(0.02), at(0.02)])).to.deep.equal({ index: 1, isMove: true });
    expect(choose([{ ...loan, shortBase: 0.001 }, most], [at(0.02), at(0.02)]), "dust").to.deep.equal({
      index: 1,
      isMove: false,
    });
  });

  it("waits where an order waits, and has no choice where nothing can be used", () => {
    const waiting = { ...perp, shortBase: 80, isUsable: false };
    expect(choose([loan, waiting], [at(-0.5), at(0.5)])).to.deep.equal({ index: 1, isMove: false });
    expect(choose([{ ...loan, isUsable: false }])).to.equal(undefined);
    expect(choose([])).to.equal(undefined);
  });
});
