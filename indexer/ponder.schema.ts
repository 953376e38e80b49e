import { index, onchainTable, primaryKey } from "ponder";

// Columns are described in src/handlers/rows.ts; amounts are in the token's smallest units.

export const vault = onchainTable("vault", (t) => ({
  address: t.hex().primaryKey(),
  creator: t.hex().notNull(),
  policy: t.hex().notNull(),
  liquidity: t.hex().notNull(),
  createdBlock: t.bigint().notNull(),
  createdAt: t.bigint().notNull(),
  totalShares: t.bigint().notNull(),
  idleBase: t.bigint().notNull(),
  idleQuote: t.bigint().notNull(),
  reservedQuote: t.bigint().notNull(),
  queueHead: t.bigint().notNull(),
  depositCapQuote: t.bigint().notNull(),
  depositsPaused: t.boolean().notNull(),
  keeperPaused: t.boolean().notNull(),
  degraded: t.boolean().notNull(),
  windDownAt: t.bigint(),
  feeRecipient: t.hex(),
  managementBps: t.bigint().notNull(),
  performanceBps: t.bigint().notNull(),
  nextManagementBps: t.bigint(),
  nextPerformanceBps: t.bigint(),
  nextFeesAt: t.bigint(),
  highWater: t.bigint(),
  nextAdapterCurrent: t.hex(),
  nextAdapter: t.hex(),
  nextAdapterAt: t.bigint(),
  epoch: t.bigint(),
  priceWad: t.bigint(),
  navQuote: t.bigint(),
  deltaBase: t.bigint(),
  valuedAt: t.bigint(),
}));

export const holder = onchainTable(
  "holder",
  (t) => ({ vault: t.hex().notNull(), account: t.hex().notNull(), shares: t.bigint().notNull() }),
  (table) => ({ pk: primaryKey({ columns: [table.vault, table.account] }), byAccount: index().on(table.account) }),
);

export const operator = onchainTable(
  "operator",
  (t) => ({
    vault: t.hex().notNull(),
    controller: t.hex().notNull(),
    operator: t.hex().notNull(),
    approved: t.boolean().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.vault, table.controller, table.operator] }) }),
);

export const request = onchainTable(
  "request",
  (t) => ({
    vault: t.hex().notNull(),
    requestId: t.bigint().notNull(),
    controller: t.hex().notNull(),
    owner: t.hex().notNull(),
    shares: t.bigint().notNull(),
    settledShares: t.bigint().notNull(),
    settledQuote: t.bigint().notNull(),
    state: t.text().notNull(),
    requestedAt: t.bigint().notNull(),
    changedAt: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.vault, table.requestId] }),
    byController: index().on(table.controller),
  }),
);

export const flow = onchainTable(
  "flow",
  (t) => ({
    id: t.text().primaryKey(),
    vault: t.hex().notNull(),
    kind: t.text().notNull(),
    account: t.hex().notNull(),
    shares: t.bigint().notNull(),
    base: t.bigint().notNull(),
    quote: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byVault: index().on(table.vault, table.timestamp), byAccount: index().on(table.account) }),
);

export const rebalance = onchainTable(
  "rebalance",
  (t) => ({
    vault: t.hex().notNull(),
    epoch: t.bigint().notNull(),
    keeper: t.hex().notNull(),
    priceWad: t.bigint().notNull(),
    deltaBeforeBase: t.bigint().notNull(),
    deltaAfterBase: t.bigint().notNull(),
    navBeforeQuote: t.bigint().notNull(),
    navAfterQuote: t.bigint().notNull(),
    totalShares: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.vault, table.epoch] }) }),
);

export const adapter = onchainTable(
  "adapter",
  (t) => ({
    address: t.hex().primaryKey(),
    vault: t.hex().notNull(),
    kind: t.text().notNull(),
    since: t.bigint().notNull(),
    until: t.bigint(),
    swappedBase: t.bigint().notNull(),
    swappedQuote: t.bigint().notNull(),
    deltaChangeBase: t.bigint().notNull(),
    marginChangeQuote: t.bigint().notNull(),
    lossReports: t.integer().notNull(),
    abandoned: t.boolean().notNull(),
  }),
  (table) => ({ byVault: index().on(table.vault) }),
);

export const range = onchainTable(
  "range",
  (t) => ({
    adapter: t.hex().notNull(),
    tickLower: t.integer().notNull(),
    tickUpper: t.integer().notNull(),
    vault: t.hex().notNull(),
    liquidity: t.bigint().notNull(),
    changedAt: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.adapter, table.tickLower, table.tickUpper] }) }),
);

export const hedgeChange = onchainTable(
  "hedge_change",
  (t) => ({
    id: t.text().primaryKey(),
    hedge: t.hex().notNull(),
    vault: t.hex().notNull(),
    kind: t.text().notNull(),
    deltaChangeBase: t.bigint().notNull(),
    marginChangeQuote: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byVault: index().on(table.vault, table.timestamp) }),
);

export const charge = onchainTable(
  "charge",
  (t) => ({
    id: t.text().primaryKey(),
    vault: t.hex().notNull(),
    kind: t.text().notNull(),
    chargedQuote: t.bigint().notNull(),
    bucketQuote: t.bigint().notNull(),
    capacityQuote: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byVault: index().on(table.vault, table.timestamp) }),
);

export const policyParams = onchainTable("policy_params", (t) => ({
  id: t.text().primaryKey(),
  vault: t.hex().notNull(),
  timestamp: t.bigint().notNull(),
  maxDeltaBps: t.integer().notNull(),
  maxLossBpsPerDay: t.integer().notNull(),
  maxTurnoverBpsPerDay: t.integer().notNull(),
  maxSlippageBps: t.integer().notNull(),
  minRangeTicks: t.integer().notNull(),
  cooldownSeconds: t.integer().notNull(),
  exitDelaySeconds: t.integer().notNull(),
  keeperGraceSeconds: t.integer().notNull(),
  emergencyDeltaBps: t.integer().notNull(),
  healthFloorWad: t.bigint().notNull(),
  healthPerVolatilityBps: t.integer().notNull(),
}));

export const policy = onchainTable("policy", (t) => ({
  address: t.hex().primaryKey(),
  vault: t.hex().notNull(),
}));
