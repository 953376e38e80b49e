import { expect } from "chai";
import { describe, it } from "mocha";

import { ceilingFor, computeBump, computeFees } from "../../../keeper/fees.ts";

const GWEI = 1_000_000_000n;

describe("fees", () => {
  describe("computeFees", () => {
    it("leaves room for the base fee to double", () => {
      const quote = computeFees(10n * GWEI, GWEI, 100n * GWEI);
      expect(quote).to.deep.equal({ kind: "fees", fees: { maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI } });
    });

    it("stops at the ceiling", () => {
      const quote = computeFees(10n * GWEI, GWEI, 15n * GWEI);
      expect(quote).to.deep.equal({ kind: "fees", fees: { maxFeePerGas: 15n * GWEI, maxPriorityFeePerGas: GWEI } });
    });

    it("is priced out one wei beyond the ceiling and not at it", () => {
      expect(computeFees(10n * GWEI, GWEI, 11n * GWEI).kind).to.equal("fees");
      expect(computeFees(10n * GWEI + 1n, GWEI, 11n * GWEI)).to.deep.equal({
        kind: "pricedOut",
        neededPerGas: 11n * GWEI + 1n,
        ceilingPerGas: 11n * GWEI,
      });
    });
  });

  describe("computeBump", () => {
    const market = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };

    it("raises both fees by at least an eighth, rounded up, at any size", () => {
      for (const fee of [1n, 7n, 8n, 9n, 1_001n, 123_456_789n, 10n ** 15n + 1n]) {
        const quote = computeBump({ maxFeePerGas: fee, maxPriorityFeePerGas: fee }, market, 10n ** 18n);
        if (quote.kind !== "fees") throw new Error("priced out");
        expect(quote.fees.maxFeePerGas * 8n >= fee * 9n, String(fee)).to.equal(true);
        expect(quote.fees.maxPriorityFeePerGas * 8n >= fee * 9n, String(fee)).to.equal(true);
      }
    });

    it("raises a tip of zero, which an eighth would leave at zero", () => {
      const quote = computeBump(
        { maxFeePerGas: 100n, maxPriorityFeePerGas: 0n },
        { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
        1_000n,
      );
      expect(quote).to.deep.equal({ kind: "fees", fees: { maxFeePerGas: 113n, maxPriorityFeePerGas: 1n } });
    });

    it("follows a market that rose more", () => {
      const quote = computeBump(
        { maxFeePerGas: 100n, maxPriorityFeePerGas: 8n },
        { maxFeePerGas: 500n, maxPriorityFeePerGas: 20n },
        1_000n,
      );
      expect(quote).to.deep.equal({ kind: "fees", fees: { maxFeePerGas: 500n, maxPriorityFeePerGas: 20n } });
    });

    it("never exceeds the ceiling, and never offers less than an eighth more instead", () => {
      expect(computeBump({ maxFeePerGas: 800n, maxPriorityFeePerGas: 8n }, market, 900n).kind).to.equal("fees");
      expect(computeBump({ maxFeePerGas: 800n, maxPriorityFeePerGas: 8n }, market, 899n)).to.deep.equal({
        kind: "pricedOut",
        neededPerGas: 900n,
        ceilingPerGas: 899n,
      });
    });

    it("keeps the tip at or below the fee cap", () => {
      const quote = computeBump(
        { maxFeePerGas: 80n, maxPriorityFeePerGas: 80n },
        { maxFeePerGas: 1n, maxPriorityFeePerGas: 500n },
        100n,
      );
      expect(quote).to.deep.equal({ kind: "fees", fees: { maxFeePerGas: 90n, maxPriorityFeePerGas: 90n } });
    });
  });

  it("ceilingFor gives the emergency ceiling to what reduces risk only", () => {
    const limits = { maxFeePerGas: 1n, emergencyMaxFeePerGas: 2n, maxPriorityFeePerGas: 1n };
    expect([ceilingFor(limits, false), ceilingFor(limits, true)]).to.deep.equal([1n, 2n]);
  });
});
