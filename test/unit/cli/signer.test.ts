import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet, encryptKeystoreJsonSync, type Signer } from "ethers";

import { readEnvironment } from "../../../cli/env.ts";
import { UsageError } from "../../../cli/errors.ts";
import { createOutput } from "../../../cli/output.ts";
import { selectAccount, type Account } from "../../../cli/vault/signer.ts";
import type { SignerOptions } from "../../../cli/vaultOptions.ts";
import { connectUrl } from "../../../keeper/rpc.ts";
import { startFakeNode } from "./fakeNode.ts";
import { collect } from "./host.ts";

const LOCAL = 31_337n;
const WALLET = new Wallet(`0x${"11".repeat(32)}`);

async function select(options: SignerOptions, chainId = LOCAL, variables: Readonly<Record<string, string>> = {}) {
  const { stream } = collect();
  const output = createOutput({ stdout: stream, stderr: stream, noColor: true });
  const environment = readEnvironment(variables);
  return await selectAccount(options, chainId, { environment, output, signal: new AbortController().signal });
}

/** The key of an account that has one here. */
async function open({ open: decrypt }: Account): Promise<Wallet> {
  if (decrypt === undefined) throw new Error("the node signs for this account");
  return await decrypt();
}

/** The message of the error, which must be one for users. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Error);
  return (error as Error).message;
}

describe("selectAccount", () => {
  let directory: string;
  let keystore: string;
  let passwordFile: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-signer-"));
    keystore = path.join(directory, "key.json");
    passwordFile = path.join(directory, "password");
    const account = { address: WALLET.address, privateKey: WALLET.privateKey };
    writeFileSync(keystore, encryptKeystoreJsonSync(account, "right", { scrypt: { N: 2, r: 8, p: 1 } }));
    writeFileSync(passwordFile, "right\n");
  });
  after(() => rmSync(directory, { recursive: true }));

  it("opens a keystore on any chain, its address without the password", async () => {
    const looking = await select({ keystore }, 1n);
    expect(looking.address).to.equal(WALLET.address);
    expect(await refusal(open(looking))).to.include("--password-file");
    const opened = await open(await select({ keystore, passwordFile }, 1n));
    expect(opened.privateKey).to.equal(WALLET.privateKey);
  });

  it("says which file is wrong, never what is in it", async () => {
    const wrong = path.join(directory, "wrong");
    writeFileSync(wrong, "s3cret");
    const text = await refusal(open(await select({ keystore, passwordFile: wrong })));
    expect(text).to.include("does not open").and.not.include("s3cret");
    expect(await refusal(select({ keystore: path.join(directory, "none") }))).to.include("none");
  });

  it("takes a bare key from the environment on the local chain only", async () => {
    const options = { privateKeyEnv: "KEY" };
    const account = await select(options, LOCAL, { KEY: WALLET.privateKey });
    expect(account.address).to.equal(WALLET.address);
    expect((await open(account)).privateKey).to.equal(WALLET.privateKey);
    expect(await refusal(select(options, 1n, { KEY: WALLET.privateKey })))
      .to.include("31337")
      .and.include("--keystore");
    expect(await refusal(select(options, LOCAL))).to.include("KEY is empty or not set");
    const text = await refusal(select(options, LOCAL, { KEY: "0xnotakey" }));
    expect(text).to.include("no private key").and.not.include("notakey");
  });

  it("lets the node sign for an account that it holds, and no other", async () => {
    const account = await select({ account: WALLET.address });
    expect(account.address).to.equal(WALLET.address);
    const connected = async (accounts: readonly string[]): Promise<Signer> => {
      const node = await startFakeNode({ eth_accounts: () => accounts });
      const rpc = connectUrl(node.url, LOCAL, 1_000);
      try {
        return await account.connect(rpc);
      } finally {
        rpc.destroy();
        await node.close();
      }
    };
    expect(await (await connected([WALLET.address.toLowerCase()])).getAddress()).to.equal(WALLET.address);
    expect(await refusal(connected([])))
      .to.include("cannot sign")
      .and.include("--keystore");
  });

  it("wants exactly one account", async () => {
    expect(await refusal(select({}))).to.include("Whose account?");
    const error = select({ account: WALLET.address, keystore });
    expect(await refusal(error)).to.include("not several");
    await error.catch((reason: unknown) => expect(reason).to.be.instanceOf(UsageError));
  });
});
