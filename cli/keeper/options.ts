/** What the user tells the keeper; everything else is in its configuration file or environment. */
export interface KeeperOptions {
  readonly live?: true;
  readonly once?: true;
  readonly rpc?: string;
  readonly config?: string;
  readonly deployment?: string;
  readonly account?: string;
  readonly keystore?: string;
  readonly passwordFile?: string;
  readonly privateKeyEnv?: string;
  readonly journal?: string;
  readonly json?: true;
}
