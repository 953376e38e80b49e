import { expect } from "chai";
import { describe, it } from "mocha";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { AaveReserve } from "../../../../sdk/sim/vault/aaveReserve.ts";
import { createReserve, START } from "./world.ts";
import { expectClose } from "../../../support/close.ts";

const RAY = 10n ** 27n;
const YEAR = 31_536_000;

describe("AaveReserve", () => {
  it("grows linearly for suppliers and by the binomial of the compound rate for borrowers", () => {
    const reserve = createReserve(3n * 10n ** 25n, 5n * 10n ** 25n);
    expect(reserve.incomeIndexRay(START)).to.equal(RAY);
    expect(reserve.incomeIndexRay(START + YEAR)).to.equal((103n * RAY) / 100n);
    // 1 + r + r²/2 + r³/6, of which the contract's integers keep only a part of the cube: just below exp(0.05)
    const debt = Number(reserve.debtIndexRay(START + YEAR)) / 1e27;
    expect(debt).to.be.within(1 + 0.05 + 0.05 ** 2 / 2, 1 + 0.05 + 0.05 ** 2 / 2 + 0.05 ** 3 / 6);
    expect(debt).to.be.lessThan(Math.exp(0.05));
  });

  it("compounds at every change, and keeps what was earned when the rates change", () => {
    const reserve = createReserve(10n ** 26n, 10n ** 26n);
    reserve.setRates(START + YEAR, { supplyRateRay: 0n, borrowRateRay: 0n });
    expect(reserve.incomeIndexRay(START + 2 * YEAR)).to.equal((11n * RAY) / 10n);
    const debt = reserve.debtIndexRay(START + YEAR);
    expect(reserve.debtIndexRay(START + 2 * YEAR)).to.equal(debt);
    expect(debt > (11n * RAY) / 10n).to.equal(true);
  });

  it("turns amounts into scaled balances and back, half up", () => {
    const reserve = createReserve(10n ** 26n, 10n ** 26n);
    const scaled = reserve.supply(START + YEAR, 1_000_000n);
    expect(scaled).to.equal(909_091n); // 1,000,000 / 1.1 = 909,090.9
    expect(reserve.withdraw(START + YEAR, 1_000_000n)).to.equal(scaled);
    expect(reserve.storage.available).to.equal(10n ** 24n);
    expect(reserve.borrow(START + YEAR, 1_000_000n)).to.equal(reserve.repay(START + YEAR, 1_000_000n));
    expect(reserve.storage.scaledDebt).to.equal(10n ** 18n);
  });

  it("sets the rates by the curve: slope 1 up to the optimum, slope 2 beyond", () => {
    const curve = {
      baseRateRay: 0n,
      optimalUsageRay: (9n * RAY) / 10n,
      slope1Ray: (27n * RAY) / 1_000n,
      slope2Ray: (8n * RAY) / 10n,
      reserveFactorBps: 1_500n,
    };
    const at = (debt: bigint, available: bigint): AaveReserve => {
      const reserve = new AaveReserve(
        {
          liquidityIndexRay: RAY,
          borrowIndexRay: RAY,
          supplyRateRay: 0n,
          borrowRateRay: 0n,
          updatedAt: START,
          scaledDebt: debt,
          available: available + 1n,
        },
        curve,
      );
      reserve.withdraw(START, 1n);
      return reserve;
    };
    // 60 % used: 2.7 % × 60/90, of which suppliers get 60 % less 15 %.
    const half = at(600_000n, 400_000n).storage;
    expectClose(Number(half.borrowRateRay) / 1e27, 0.018, 1e-12);
    expectClose(Number(half.supplyRateRay) / 1e27, 0.018 * 0.6 * 0.85, 1e-12);
    // 95 % used: half of the way beyond the optimum.
    expectClose(Number(at(950_000n, 50_000n).storage.borrowRateRay) / 1e27, 0.027 + 0.4, 1e-12);
  });

  it("refuses to go back in time", () => {
    expect(() => createReserve(0n, 0n).debtIndexRay(START - 1)).to.throw(InvalidParameterError, "timestamp");
    expect(() => createReserve(0n, 0n).incomeIndexRay(NaN)).to.throw(InvalidParameterError, "timestamp");
  });
});
