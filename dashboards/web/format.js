// Times, lengths of time, money and words, for people. All times are UTC, as everywhere in heedful.

const WHOLE = new Intl.NumberFormat("en-GB");

export const count = (number) => WHOLE.format(number ?? 0);

/** 12:34:56 of an ISO moment. */
export const clock = (iso) => (iso ? iso.slice(11, 19) : "");

/** 2 Mar 12:34 of an ISO moment. */
export function moment(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return `${day} ${iso.slice(11, 16)}`;
}

/** 3 d 4 h, 2 h 05 min, 12 min, 40 s. */
export function lasting(millis) {
  const seconds = Math.round(Math.abs(millis) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function money(value, currency) {
  if (value === null || value === undefined) return "";
  const amount = Number(value);
  if (!currency) return amount.toFixed(2);
  try {
    return new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(amount);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${amount.toFixed(2)} ${currency}`; // no ISO code
  }
}

/** first_reply → first reply. */
export const words = (name) => (name ?? "").replaceAll("_", " ");

export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
