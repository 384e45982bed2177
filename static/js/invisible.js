// Whether a reader sees nothing of the text (regions/office/invisible.py).
export const isBlank = (text) =>
  /^[\p{Cf}\p{Cc}\p{Zs}\p{Zl}\p{Zp}\p{Mn}\u115f\u1160\u3164\uffa0\u2800]*$/u.test(text);
