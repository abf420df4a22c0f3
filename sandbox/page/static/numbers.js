// Telephone numbers as people write them, and as the exchange wants them.

export function pretty(number) {
  const found = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number ?? "");
  return found ? `(${found[1]}) ${found[2]}-${found[3]}` : number ?? "";
}

/** Return what was typed in E.164: "(312) 555-0101" is +13125550101. */
export function dialable(typed) {
  const digits = typed.replace(/\D/g, "");
  if (typed.trim().startsWith("+")) return `+${digits}`;
  return digits.length === 10 ? `+1${digits}` : digits.length === 11 && digits.startsWith("1") ? `+${digits}` : typed.trim();
}
