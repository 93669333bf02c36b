// The peer nodemailer: its pool, ten connections, given the same finished bytes.
//
//     node benchmarks/delivery_nodemailer.mjs PORT MESSAGES MAIL

import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, messages, mail] = process.argv.slice(2);
const raw = readFileSync(mail);
const transporter = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  pool: true,
  maxConnections: 10,
  maxMessages: Infinity,
  ignoreTLS: true,
});

// A hundred are queued at a time, as its documentation advises: its pool keeps what waits in memory.
let next = 0;
async function work() {
  while (next < Number(messages)) {
    const to = `reader${String(next++).padStart(6, "0")}@mail.bench.test`;
    await transporter.sendMail({ envelope: { from: "digest@papers.test", to: [to] }, raw });
  }
}
await Promise.all(Array.from({ length: 100 }, work));
transporter.close();
