import { expect } from "chai";
import { describe, it } from "mocha";
import {
  computeBorrowLiquidationPrice,
  computeCollateralForHealthFactorQuote,
  computeDebtForHealthFactorBase,
  computeHealthFactor,
} from "../../../../sdk/math/aave.ts";
import { expectInvalid, expectRelative } from "./assertions.ts";

const short = { collateralQuote: 80_000, debtBase: 25, liquidationThreshold: 0.78 };

describe("borrowed short on Aave", () => {
  it("has a health factor of threshold · collateral / debt", () => {
    expectRelative(computeHealthFactor(short, 2000), 1.248, 1e-12);
  });

  it("is liquidated where the health factor is 1, health factor times the price away", () => {
    const price = computeBorrowLiquidationPrice(short);
    expectRelative(price, 2496, 1e-12);
    expectRelative(computeHealthFactor(short, price), 1, 1e-12);
    expectRelative(price, 2000 * computeHealthFactor(short, 2000), 1e-12);
  });

  it("cannot be liquidated without debt, and is at any price without collateral", () => {
    expect(computeHealthFactor({ ...short, debtBase: 0 }, 2000)).to.equal(Infinity);
    expect(computeBorrowLiquidationPrice({ ...short, debtBase: 0 })).to.equal(Infinity);
    expect(computeBorrowLiquidationPrice({ ...short, collateralQuote: 0 })).to.equal(0);
  });

  it("sizes debt and collateral for a wanted health factor", () => {
    const wanted = { liquidationThreshold: 0.78, healthFactor: 1.5, price: 2000 };
    const debtBase = computeDebtForHealthFactorBase({ ...wanted, collateralQuote: 80_000 });
    expectRelative(computeHealthFactor({ ...short, debtBase }, 2000), 1.5, 1e-12);
    const collateralQuote = computeCollateralForHealthFactorQuote({ ...wanted, debtBase: 25 });
    expectRelative(computeHealthFactor({ ...short, collateralQuote }, 2000), 1.5, 1e-12);
  });

  it("refuses a threshold in percent, a health factor below 1, and missing data", () => {
    expectInvalid(() => computeHealthFactor({ ...short, liquidationThreshold: 78 }, 2000), "liquidationThreshold", 78);
    expectInvalid(() => computeHealthFactor({ ...short, debtBase: NaN }, 2000), "debtBase", NaN);
    expectInvalid(() => computeHealthFactor(short, 0), "price", 0);
    expectInvalid(() => computeBorrowLiquidationPrice({ ...short, collateralQuote: -1 }), "collateralQuote", -1);
    const wanted = { collateralQuote: 1, debtBase: 1, liquidationThreshold: 0.78, healthFactor: 0.9, price: 2000 };
    expectInvalid(() => computeDebtForHealthFactorBase(wanted), "healthFactor", 0.9);
    expectInvalid(() => computeCollateralForHealthFactorQuote(wanted), "healthFactor", 0.9);
  });
});
