/*
 * The smallest Parquet file there can be: one row group, required columns, plain encoding, no compression. Enough to give
 * the reader every type that tables of prices and events come in. Format: github.com/apache/parquet-format.
 */

type Values = readonly number[] | readonly bigint[] | readonly string[];

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const PARQUET_INT64 = 2;
const PARQUET_DOUBLE = 5;
const PARQUET_BYTES = 6;

/** Bytes of a Parquet file with these columns: bigints become INT64, numbers DOUBLE, strings UTF-8. */
export function encodeParquet(columns: Readonly<Record<string, Values>>): Buffer {
  const parts: Buffer[] = [Buffer.from("PAR1")];
  let offset = 4;
  const chunks: Buffer[] = [];
  const elements = [
    struct([
      [4, BINARY, bytes("schema")],
      [5, I32, zigzag(Object.keys(columns).length)],
    ]),
  ];
  let rows = 0;
  for (const [name, values] of Object.entries(columns)) {
    rows = values.length;
    const type =
      typeof values[0] === "bigint" ? PARQUET_INT64 : typeof values[0] === "number" ? PARQUET_DOUBLE : PARQUET_BYTES;
    const body = Buffer.concat(values.map(plain));
    const page = struct([
      [1, I32, zigzag(0)],
      [2, I32, zigzag(body.length)],
      [3, I32, zigzag(body.length)],
      [
        5,
        STRUCT,
        struct([
          [1, I32, zigzag(rows)],
          [2, I32, zigzag(0)],
          [3, I32, zigzag(3)],
          [4, I32, zigzag(3)],
        ]),
      ],
    ]);
    const size = page.length + body.length;
    const meta = struct([
      [1, I32, zigzag(type)],
      [2, LIST, list(I32, [zigzag(0)])],
      [3, LIST, list(BINARY, [bytes(name)])],
      [4, I32, zigzag(0)],
      [5, I64, zigzag(rows)],
      [6, I64, zigzag(size)],
      [7, I64, zigzag(size)],
      [9, I64, zigzag(offset)],
    ]);
    chunks.push(
      struct([
        [2, I64, zigzag(offset)],
        [3, STRUCT, meta],
      ]),
    );
    const utf8: Field[] = type === PARQUET_BYTES ? [[6, I32, zigzag(0)]] : [];
    elements.push(struct([[1, I32, zigzag(type)], [3, I32, zigzag(0)], [4, BINARY, bytes(name)], ...utf8]));
    parts.push(page, body);
    offset += size;
  }
  const group = struct([
    [1, LIST, list(STRUCT, chunks)],
    [2, I64, zigzag(offset)],
    [3, I64, zigzag(rows)],
  ]);
  const footer = struct([
    [1, I32, zigzag(1)],
    [2, LIST, list(STRUCT, elements)],
    [3, I64, zigzag(rows)],
    [4, LIST, list(STRUCT, [group])],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from("PAR1")]);
}

type Field = readonly [id: number, type: number, value: Buffer];

function plain(value: number | bigint | string): Buffer {
  const buffer = Buffer.alloc(typeof value === "string" ? 4 : 8);
  if (typeof value === "bigint") buffer.writeBigInt64LE(value);
  else if (typeof value === "number") buffer.writeDoubleLE(value);
  else {
    const text = Buffer.from(value);
    buffer.writeUInt32LE(text.length);
    return Buffer.concat([buffer, text]);
  }
  return buffer;
}

function struct(fields: readonly Field[]): Buffer {
  let last = 0;
  const parts = fields.flatMap(([id, type, value]) => {
    const header = Buffer.from([((id - last) << 4) | type]);
    last = id;
    return [header, value];
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  const header =
    items.length < 15
      ? Buffer.from([(items.length << 4) | type])
      : Buffer.concat([Buffer.from([0xf0 | type]), varint(items.length)]);
  return Buffer.concat([header, ...items]);
}

function bytes(text: string): Buffer {
  return Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
}

function zigzag(value: number): Buffer {
  return varint(value * 2);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Buffer.from(out);
}
