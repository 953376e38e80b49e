import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";
import { describe, it } from "mocha";

import { ConfigError, type ConfigInput, loadConfig } from "../../../keeper/config.ts";
import { defaultSettings } from "../../../sdk/policy/settings.ts";
import { KEY, LENS, OTHER_VAULT, SIGNER_ADDRESS, temporaryFile, VAULT } from "./support.ts";

const BASE: ConfigInput = { chainId: 31_337, lens: LENS, vaults: [VAULT], keeperAddress: SIGNER_ADDRESS };
const MAINNET: ConfigInput = { ...BASE, chainId: 1, keystore: "k.json", keystorePasswordFile: "p.txt" };

function load(overrides: ConfigInput = {}, env: Record<string, string> = {}): ReturnType<typeof loadConfig> {
  return loadConfig({ overrides: { ...BASE, ...overrides }, env });
}

/** The error of a configuration that must not load. */
function refusal(body: () => unknown): ConfigError {
  try {
    body();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("Expected a ConfigError");
}

describe("loadConfig", () => {
  it("needs chain, lens, vaults and somebody to act for; the rest has defaults, and nothing is sent by default", () => {
    const config = load();
    expect(config.live).to.equal(false);
    expect(config.vaults).to.deep.equal([VAULT]);
    expect(config.policy).to.deep.equal(defaultSettings);
    expect(config.fees.emergencyMaxFeePerGas > config.fees.maxFeePerGas).to.equal(true);
    for (const key of ["chainId", "lens", "vaults", "keeperAddress"] as const) {
      const error = refusal(() => load({ [key]: undefined }));
      expect(error.key).to.equal(key);
      expect(error.message).to.include("missing");
    }
  });

  it("prefers overrides to environment to file", async () => {
    const file = temporaryFile("config.json");
    await writeFile(
      file.path,
      JSON.stringify({ ...BASE, pollMs: 1, receiptPollMs: 1, rpcTimeoutMs: 1, policy: { rangeWidth: 1.5 } }),
    );
    const env = {
      HEDGEROW_RECEIPT_POLL_MS: "2",
      HEDGEROW_RPC_TIMEOUT_MS: "2",
      RPC_URL: "http://localhost:8545",
      HEDGEROW_POLL_MS: "",
    };
    const config = loadConfig({ file: file.path, env, overrides: { rpcTimeoutMs: 3, pollMs: undefined } });
    expect([config.pollMs, config.receiptPollMs, config.rpcTimeoutMs]).to.deep.equal([1, 2, 3]);
    expect(config.rpcUrl).to.equal("http://localhost:8545");
    expect(config.policy).to.deep.equal({ ...defaultSettings, rangeWidth: 1.5 });
    const named = loadConfig({ env: { HEDGEROW_CONFIG: file.path } });
    expect(named.pollMs).to.equal(1);
    await file.remove();
  });

  it("reads every kind of value from the environment's text", () => {
    const config = loadConfig({
      env: {
        HEDGEROW_CHAIN_ID: "31337",
        HEDGEROW_LENS: LENS.toLowerCase(),
        HEDGEROW_VAULTS: `${VAULT}, ${OTHER_VAULT}`,
        HEDGEROW_PRIVATE_KEY: KEY,
        HEDGEROW_LIVE: "true",
        HEDGEROW_MAX_FEE_GWEI: "0.5",
        HEDGEROW_HEDGE_GAS_UNITS: "1_000_000",
        HEDGEROW_POLICY: '{"minHealth":1.6}',
      },
    });
    expect(config.vaults).to.deep.equal([VAULT, OTHER_VAULT]);
    expect(config.lens).to.equal(LENS);
    expect(config.live).to.equal(true);
    expect(config.signer).to.deep.equal({ kind: "localKey", privateKey: KEY });
    expect(config.fees.maxFeePerGas).to.equal(500_000_000n);
    expect(config.hedgeGasUnits).to.equal(1_000_000n);
    expect(config.policy.minHealth).to.equal(1.6);
  });

  it("names key and value of what is wrong, and what to do", () => {
    const cases: readonly (readonly [ConfigInput, string, string])[] = [
      [{ lens: "0x123" }, "lens", '"0x123"'],
      [{ vaults: [] }, "vaults", "at least one"],
      [{ vaults: [VAULT, "nope"] }, "vaults.1", '"nope"'],
      [{ vaults: [VAULT, VAULT.toLowerCase()] }, "vaults", "twice"],
      [{ chainId: "one" }, "chainId", "whole number"],
      [{ live: "yes" }, "live", "true or false"],
      [{ maxFeeGwei: -1 }, "maxFeeGwei", "-1"],
      [{ maxFeeGwei: 900 }, "emergencyMaxFeeGwei", "at least maxFeeGwei"],
      [{ rpcUrl: "localhost:8545" }, "rpcUrl", "http://"],
      [{ simulateAt: "earliest" }, "simulateAt", "latest or pending"],
      [{ volatilityPrior: 0 }, "volatilityPrior", "above 0"],
      [{ policy: { rangeWidth: 0.9 } }, "policy.rangeWidth", "above 1"],
      [{ policy: { rangewidth: 1.2 } }, "policy.rangewidth", "spelling"],
      [{ policy: { targetHealth: 1.2 } }, "policy.targetHealth", "at least policy.minHealth"],
      [{ policy: { rangeWidth: "wide" } }, "policy.rangeWidth", '"auto"'],
      [{ policy: { feeGate: { enterRatio: 0 } } }, "policy.feeGate.enterRatio", "above 0"],
      [{ policy: { feeGate: { enterRatio: 0.6 } } }, "policy.feeGate.enterRatio", "at least policy.feeGate.leaveRatio"],
      [{ policy: { feeGate: { enabled: "maybe" } } }, "policy.feeGate.enabled", "true or false"],
      [{ policy: { feeGate: { holding: 3 } } }, "policy.feeGate.holding", "spelling"],
      [
        { policy: { autoRange: { maxWidth: 1.05 } } },
        "policy.autoRange.maxWidth",
        "at least policy.autoRange.minWidth",
      ],
      [{ policy: { autoRange: { steps: 1 } } }, "policy.autoRange.steps", "at least 2"],
      [
        { policy: { marginPlan: { liquidationProbability: 1 } } },
        "policy.marginPlan.liquidationProbability",
        "strictly",
      ],
      [{ feeHalfLifeHours: 0 }, "feeHalfLifeHours", "above 0"],
      [{ feeMinimumSpanHours: "x" }, "feeMinimumSpanHours", "hours"],
      [{ journal: "x" } as ConfigInput, "journal", "spelling"],
      [{ live: true, keeperAddress: undefined }, "keystore", "no key"],
      [{ chainId: 5 }, "wrappedNative", "chain 5"],
    ];
    for (const [input, key, part] of cases) {
      const error = refusal(() => load(input));
      expect(error.key, error.message).to.equal(key);
      expect(error.message).to.include(part);
      expect(error.message.endsWith("."), error.message).to.equal(true);
    }
    expect(refusal(() => load({ lens: "0x123" })).message).to.include("HEDGEROW_LENS");
  });

  it("changes one key of a group and keeps the defaults of the others", () => {
    const { policy } = load({
      policy: { rangeWidth: "auto", feeGate: { leaveRatio: 0.5 }, marginPlan: { topUpDays: 2 } },
    });
    expect(policy).to.deep.equal({
      ...defaultSettings,
      rangeWidth: "auto",
      feeGate: { ...defaultSettings.feeGate, leaveRatio: 0.5 },
      marginPlan: { ...defaultSettings.marginPlan, topUpDays: 2 },
    });
    const fromEnvironment = loadConfig({
      overrides: BASE,
      env: { HEDGEROW_POLICY: '{"feeGate":{"enabled":false}}', HEDGEROW_FEE_MINIMUM_SPAN_HOURS: "6" },
    });
    expect(fromEnvironment.policy.feeGate).to.deep.equal({ ...defaultSettings.feeGate, enabled: false });
    expect(fromEnvironment.feeFlow).to.deep.equal({ halfLifeHours: 24, minimumSpanHours: 6, sampleSeconds: 300 });
  });

  it("takes a bare private key on local chains only", () => {
    expect(load({ privateKey: KEY }).signer).to.deep.equal({ kind: "localKey", privateKey: KEY });
    const error = refusal(() => loadConfig({ overrides: { ...BASE, chainId: 1, privateKey: KEY }, env: {} }));
    expect(error.key).to.equal("privateKey");
    expect(error.message).to.include("keystore");
    expect(refusal(() => load({ privateKey: KEY, keystore: "k.json" })).key).to.equal("privateKey");
  });

  it("never shows a secret in an error", () => {
    const secret = "0xsecret";
    for (const input of [{ privateKey: 5 }, { rpcUrl: `ftp://user:${secret}@host` }] as const) {
      expect(refusal(() => load(input)).message)
        .to.not.include(secret)
        .and.not.include("5;");
    }
    expect(refusal(() => loadConfig({ env: { HEDGEROW_POLICY: `{${secret}` } })).message).to.not.include(secret);
  });

  it("needs a password file for a keystore it has to open, and none for a dry run on somebody's behalf", () => {
    const keystore = { kind: "keystore", path: "k.json", passwordFile: "p.txt" };
    expect(loadConfig({ overrides: { ...MAINNET, live: true }, env: {} }).signer).to.deep.equal(keystore);
    expect(
      refusal(() => loadConfig({ overrides: { ...MAINNET, keystorePasswordFile: undefined, live: true }, env: {} }))
        .key,
    ).to.equal("keystorePasswordFile");
    expect(loadConfig({ overrides: { ...MAINNET, keystorePasswordFile: undefined }, env: {} }).signer).to.equal(
      undefined,
    );
  });

  it("names a file that cannot be read or is not JSON", async () => {
    expect(refusal(() => loadConfig({ file: "/nonexistent.json", env: {} })).message).to.include("ENOENT");
    const file = temporaryFile("config.json");
    await writeFile(file.path, "{");
    expect(refusal(() => loadConfig({ file: file.path, env: {} })).message).to.include("not valid JSON");
    await writeFile(file.path, "[]");
    expect(refusal(() => loadConfig({ file: file.path, env: {} })).message).to.include("no JSON object");
    await file.remove();
  });

  it("is the only file of the keeper that reads the environment", async () => {
    const source = await readFile(new URL("../../../keeper/config.ts", import.meta.url), "utf8");
    expect(source.match(/process\.env/g)).to.have.length(1);
    expect(source).to.not.include("process.exit");
  });
});
