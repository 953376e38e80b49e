/**
 * Addresses of GMX v2 on Arbitrum One, at which the twin places its simulator; the conformance test compares them with the
 * address book that GMX publishes. Plain literals, like those of Ethereum.
 */
export const GMX_ARBITRUM = {
  dataStore: "0xFD70de6b91282D8017aA4E741e9Ae325CAb992d8",
  eventEmitter: "0xC8ee91A54287DB53897056e12D9819156D3822Fb",
  exchangeRouter: "0x1C3fa76e6E1088bCE750f23a5BFcffa1efEF6A41",
  orderVault: "0x31eF83a530Fde1B38EE9A18093A333D8Bbbc40D5",
  reader: "0x470fbC46bcC0f16532691Df360A07d8Bf5ee0789",
  router: "0x7452c558d45f8afC8c83dAe62C3f8A5BE19c71f6",
  referralStorage: "0xe6fab3f0c7199b0d34d7fbe83394fc0e0d06e99d",
  /** The market ETH/USD [WETH-USDC]. On the twin its tokens are the twin's WETH and USDC. */
  marketEthUsd: "0x70d95587d40A2caf56bd97485aB3Eec10Bee6336",
} as const;
