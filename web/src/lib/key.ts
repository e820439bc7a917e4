/** The key of whoever runs posts: kept by this tab alone, until it is closed. */
const name = 'baihua.key';

export const keptKey = () => sessionStorage.getItem(name);
export const keepKey = (key: string) => sessionStorage.setItem(name, key);
export const forgetKey = () => sessionStorage.removeItem(name);

/** The token of a paired display: kept for good, since nobody is there to type it again. */
const displayName = 'baihua.display';

export const keptDisplayToken = () => localStorage.getItem(displayName);
export const keepDisplayToken = (token: string) => localStorage.setItem(displayName, token);
export const forgetDisplayToken = () => localStorage.removeItem(displayName);
