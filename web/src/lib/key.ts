/** The key of whoever runs posts: kept by this tab alone, until it is closed. */
const name = 'baihua.key';

export const keptKey = () => sessionStorage.getItem(name);
export const keepKey = (key: string) => sessionStorage.setItem(name, key);
export const forgetKey = () => sessionStorage.removeItem(name);
