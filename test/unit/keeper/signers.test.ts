import { writeFile } from "node:fs/promises";

import { expect } from "chai";
import { encryptKeystoreJson, Transaction } from "ethers";
import { describe, it } from "mocha";

import { openSigner, readKeystoreAddress, SignerError } from "../../../keeper/signers.ts";
import { isRiskReducing } from "../../../keeper/risk.ts";
import { deleverageAt, headAt, hedgeAt, holdAt, reconcileAt, snapshotAt, vaultState } from "./snapshots.ts";
import { CHAIN_ID, KEY, rejection, SIGNER_ADDRESS, temporaryFile, VAULT } from "./support.ts";

describe("openSigner", () => {
  const meant = {
    chainId: 1n,
    nonce: 3,
    to: VAULT,
    data: "0x12",
    gasLimit: 5n,
    maxFeePerGas: 7n,
    maxPriorityFeePerGas: 6n,
  };

  it("opens an encrypted keystore and signs what it is given, with value zero", async () => {
    const [keystore, password] = [temporaryFile("keystore.json"), temporaryFile("password.txt")];
    // The weakest work factor, because this is no secret.
    const account = { address: SIGNER_ADDRESS, privateKey: KEY };
    const json = await encryptKeystoreJson(account, "correct horse", { scrypt: { N: 1_024 } });
    await writeFile(keystore.path, json);
    await writeFile(password.path, "correct horse\n");
    const source = { kind: "keystore", path: keystore.path, passwordFile: password.path } as const;
    const signer = await openSigner(source, 1n);
    expect(signer.address).to.equal(SIGNER_ADDRESS);
    expect((await readKeystoreAddress(keystore.path)).toLowerCase()).to.equal(SIGNER_ADDRESS.toLowerCase());
    const tx = Transaction.from(await signer.signTransaction(meant));
    expect(tx).to.deep.include({ ...meant, type: 2, value: 0n, from: SIGNER_ADDRESS });

    await writeFile(password.path, "wrong");
    const error = await rejection(openSigner(source, 1n));
    expect(error).to.be.instanceOf(SignerError);
    expect(error.message).to.include(password.path).and.not.include("wrong");
    await keystore.remove();
    await password.remove();
  });

  it("names a file that is missing", async () => {
    const source = { kind: "keystore", path: "/nonexistent/k.json", passwordFile: "/nonexistent/p.txt" } as const;
    expect((await rejection(openSigner(source, 1n))).message).to.include("/nonexistent/k.json");
  });

  it("takes a bare key on chain 31337 only, and never quotes it", async () => {
    expect((await openSigner({ kind: "localKey", privateKey: KEY }, CHAIN_ID)).address).to.equal(SIGNER_ADDRESS);
    const elsewhere = await rejection(openSigner({ kind: "localKey", privateKey: KEY }, 1n));
    expect(elsewhere).to.be.instanceOf(SignerError);
    const malformed = await rejection(openSigner({ kind: "localKey", privateKey: `${KEY}ff` }, CHAIN_ID));
    for (const error of [elsewhere, malformed]) expect(error.message).to.not.include(KEY.slice(2, 20));
  });
});

describe("isRiskReducing", () => {
  const WAD = 10n ** 18n;
  const at = (deltaBase: bigint) => snapshotAt(headAt(1, 1), { book: { ...vaultState().book, deltaBase } });

  it("gives deleveraging and reconciling the emergency ceiling, holding never", () => {
    expect(isRiskReducing(deleverageAt(at(0n)), at(0n))).to.equal(true);
    expect(isRiskReducing(reconcileAt(at(0n)), at(0n))).to.equal(true);
    expect(isRiskReducing(holdAt(at(0n)), at(0n))).to.equal(false);
  });

  it("gives it to a hedge once the delta is beyond the vault's own limit, one unit above it", () => {
    // 5 % of 1,000,000 at 2,500 are 20 base.
    for (const sign of [1n, -1n]) {
      expect(isRiskReducing(hedgeAt(at(sign * 20n * WAD)), at(sign * 20n * WAD))).to.equal(false);
      expect(isRiskReducing(hedgeAt(at(sign * (20n * WAD + 1n))), at(sign * (20n * WAD + 1n)))).to.equal(true);
    }
  });
});
