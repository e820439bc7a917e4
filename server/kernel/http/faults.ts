import { AppError, type ErrorCode } from '../errors.js';
import type { Catalogue } from '../locale.js';
import type { Caller } from './caller.js';
import { limits } from './limits.js';

interface FaultKind {
  code: ErrorCode;
  /** HTTP's answer when the request itself is refused; without it the document is, as GraphQL over HTTP says. */
  status?: number;
  headers?: Record<string, string>;
}

const kinds = {
  // Requests
  noSuchPath: { code: 'NOT_FOUND', status: 404 },
  methodNotAllowed: { code: 'BAD_USER_INPUT', status: 405, headers: { allow: 'GET, POST, OPTIONS' } },
  mutationByGet: { code: 'BAD_USER_INPUT', status: 405, headers: { allow: 'POST' } },
  privateByGet: { code: 'BAD_USER_INPUT', status: 405, headers: { allow: 'POST' } },
  notAcceptable: { code: 'BAD_USER_INPUT', status: 406 },
  unsupportedMediaType: { code: 'BAD_USER_INPUT', status: 415 },
  unsupportedEncoding: { code: 'BAD_USER_INPUT', status: 415, headers: { 'accept-encoding': 'gzip, deflate, br' } },
  bodyTooLarge: { code: 'REQUEST_TOO_LARGE', status: 413 },
  undecodableBody: { code: 'BAD_USER_INPUT', status: 400 },
  invalidUtf8: { code: 'BAD_USER_INPUT', status: 400 },
  malformedJson: { code: 'BAD_USER_INPUT', status: 400 },
  batch: { code: 'BAD_USER_INPUT', status: 400 },
  malformedParameter: { code: 'BAD_USER_INPUT', status: 400 },
  missingQuery: { code: 'BAD_USER_INPUT', status: 400 },
  urlParameter: { code: 'BAD_USER_INPUT', status: 400 },
  foreignOrigin: { code: 'FORBIDDEN', status: 403 },
  tooManySockets: { code: 'SERVICE_UNAVAILABLE', status: 503, headers: { 'retry-after': '5' } },
  goingAway: { code: 'SERVICE_UNAVAILABLE', status: 503, headers: { 'retry-after': '1' } },
  throttled: { code: 'THROTTLED', status: 429 },
  // Documents
  unparsable: { code: 'GRAPHQL_PARSE_FAILED' },
  invalid: { code: 'GRAPHQL_VALIDATION_FAILED' },
  badVariables: { code: 'BAD_USER_INPUT' },
  persistedQuery: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  noOperation: { code: 'GRAPHQL_VALIDATION_FAILED' },
  noSuchOperation: { code: 'GRAPHQL_VALIDATION_FAILED' },
  unknownOperation: { code: 'GRAPHQL_VALIDATION_FAILED' },
  severalOperations: { code: 'GRAPHQL_VALIDATION_FAILED' },
  fragmentCycle: { code: 'GRAPHQL_VALIDATION_FAILED' },
  introspection: { code: 'FORBIDDEN' },
  subscriptionByHttp: { code: 'BAD_USER_INPUT' },
  tooManyTokens: { code: 'DOCUMENT_TOO_LARGE' },
  tooDeep: { code: 'DOCUMENT_TOO_LARGE' },
  tooManyAliases: { code: 'DOCUMENT_TOO_LARGE' },
  tooManyDirectives: { code: 'DOCUMENT_TOO_LARGE' },
  tooManyFields: { code: 'DOCUMENT_TOO_LARGE' },
  tooManyRepeats: { code: 'DOCUMENT_TOO_LARGE' },
  tooLong: { code: 'DOCUMENT_TOO_LARGE' },
  tooManyNodes: { code: 'DOCUMENT_TOO_LARGE' },
  tooDear: { code: 'DOCUMENT_TOO_LARGE' },
  firstOutOfRange: { code: 'BAD_USER_INPUT' },
  tooManyStreams: { code: 'RATE_LIMITED' },
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof kinds;

/** `{}` stands for the detail that a fault carries. */
const texts: Catalogue<Record<FaultName, string>> = {
  'zh-CN': {
    noSuchPath: '这个地址不存在。接口在 /graphql。',
    methodNotAllowed: '接口只接受 GET 和 POST 请求。',
    mutationByGet: '修改数据请用 POST 请求，GET 只能查询。',
    privateByGet: '这项查询并非对所有人公开，请用 POST 请求：号码、姓名写进网址会留在日志和浏览记录里。',
    notAcceptable: '接口只能以 application/graphql-response+json 或 application/json 答复，请修改 Accept 请求头。',
    unsupportedMediaType: '请求内容必须是 UTF-8 编码的 application/json。',
    unsupportedEncoding: '请求内容的压缩方式只支持 gzip、deflate 和 br。',
    bodyTooLarge: `请求内容（解压后）不能超过 ${limits.bodyBytes / 1024} KB，请分成几次发送。`,
    undecodableBody: '请求内容的压缩数据已损坏，请重新发送。',
    invalidUtf8: '请求内容不是有效的 UTF-8 编码。',
    malformedJson: '请求内容不是有效的 JSON。',
    batch: '一次请求只能包含一个操作，请逐个发送。',
    malformedParameter: '参数 {} 的类型不对，请对照接口说明修改。',
    missingQuery: '请求缺少参数 query。',
    urlParameter: '网址中有不支持、重复或无法识别的参数。访问密钥请放在 Authorization 请求头里，切勿写进网址。',
    foreignOrigin: '不允许从这个网站访问接口。如确有需要，请联系管理员。',
    tooManySockets: '当前实时连接已满，请几秒后重试。',
    goingAway: '服务正在更新，请重新连接。',
    throttled: '本单位的查询额度暂时用完了，请在 {} 秒后重试，或减小查询。剩余额度见每次答复的 extensions.cost。',
    unparsable: '查询文档有语法错误：{}',
    invalid: '查询文档有误：{}',
    badVariables: '输入有误：{}',
    persistedQuery: '不支持预存查询，请发送完整的查询文档。',
    noOperation: '查询文档里没有可以执行的操作。',
    noSuchOperation:
      '您的密钥所用的接口里没有 {}：合作单位只能查询和订阅统计数字，不能修改。接口内容见 schema/partner.graphql。',
    unknownOperation: '查询文档里没有 operationName 指定的操作。',
    severalOperations: '一份查询文档只能包含一个操作，请分开发送。',
    fragmentCycle: '查询文档的片段互相循环引用。',
    introspection: '查看接口结构需要访问密钥，请向管理员索取。',
    subscriptionByHttp: '订阅请使用 WebSocket 连接（graphql-transport-ws 协议）。',
    tooManyTokens: `查询文档太长，不能超过 ${limits.tokens} 个词元。`,
    tooDeep: `查询文档嵌套太深，不能超过 ${limits.depth} 层。`,
    tooManyAliases: `查询文档的别名太多，不能超过 ${limits.aliases} 个。`,
    tooManyDirectives: `查询文档的指令太多，不能超过 ${limits.directives} 个。`,
    tooManyFields: `查询文档展开后的字段太多，不能超过 ${limits.fields} 个。`,
    tooManyRepeats: `查询文档里重复的字段太多，不能超过 ${limits.repeats} 个。`,
    tooLong: `查询文档太长，不能超过 ${limits.documentLength / 1024} K 个字符。数据请放在变量里。`,
    tooManyNodes: `查询的数据太多，各层 first 相乘后不能超过 ${limits.nodes} 个对象。请减小 first 或减少嵌套。`,
    tooDear: '查询的费用超过了额度上限（{}）。请减小 first 或减少嵌套。',
    firstOutOfRange: `参数 first 必须是 1 到 ${limits.first} 的整数。`,
    tooManyStreams: `一个连接上同时最多 ${limits.streamsPerSocket} 个操作，请先结束一些。`,
  },
  en: {
    noSuchPath: 'There is nothing at this address. The API is at /graphql.',
    methodNotAllowed: 'The API takes GET and POST requests only.',
    mutationByGet: 'Changes need a POST request; GET is for queries.',
    privateByGet:
      'Not everybody may ask this, so it needs a POST request: numbers and names in a URL end up in logs and histories.',
    notAcceptable: 'The API answers application/graphql-response+json or application/json: change the Accept header.',
    unsupportedMediaType: 'The body must be application/json in UTF-8.',
    unsupportedEncoding: 'The body may be compressed with gzip, deflate or br only.',
    bodyTooLarge: `The body, uncompressed, may not exceed ${limits.bodyBytes / 1024} KB: send it in parts.`,
    undecodableBody: 'The compressed body is damaged: send it again.',
    invalidUtf8: 'The body is not valid UTF-8.',
    malformedJson: 'The body is not valid JSON.',
    batch: 'A request holds one operation: send them one by one.',
    malformedParameter: 'The parameter {} has the wrong type: compare it with the documentation.',
    missingQuery: 'The parameter query is missing.',
    urlParameter:
      'The URL holds a parameter that is unsupported, repeated or unreadable. A key belongs into the Authorization header, never into a URL.',
    foreignOrigin: 'Pages of this website may not call the API. If they need to, ask an administrator.',
    tooManySockets: 'All live connections are taken. Try again in a few seconds.',
    goingAway: 'The service is being replaced by a newer one: connect again.',
    throttled:
      "Your organisation's budget is used up for now: try again in {} seconds, or ask for less. What is left stands in extensions.cost of every reply.",
    unparsable: '{}',
    invalid: '{}',
    badVariables: '{}',
    persistedQuery: 'Persisted queries are not supported: send the whole document.',
    noOperation: 'The document holds no operation.',
    noSuchOperation:
      'There is no {} in the schema of your key: partner organisations read figures and subscribe to them, they change nothing. See schema/partner.graphql.',
    unknownOperation: 'The document holds no operation of the name in operationName.',
    severalOperations: 'A document holds one operation: send them one by one.',
    fragmentCycle: 'Fragments of the document refer to each other in a circle.',
    introspection: 'Reading the schema needs an access key. Ask an administrator for one.',
    subscriptionByHttp: 'Subscriptions need a WebSocket (protocol graphql-transport-ws).',
    tooManyTokens: `The document is too long: at most ${limits.tokens} tokens.`,
    tooDeep: `The document is nested too deeply: at most ${limits.depth} levels.`,
    tooManyAliases: `The document has too many aliases: at most ${limits.aliases}.`,
    tooManyDirectives: `The document has too many directives: at most ${limits.directives}.`,
    tooManyFields: `The document has too many fields once its fragments are spread: at most ${limits.fields}.`,
    tooManyRepeats: `The document repeats too many fields: at most ${limits.repeats}.`,
    tooLong: `The document is too long: at most ${limits.documentLength / 1024} K characters. Data belongs into variables.`,
    tooManyNodes: `The document asks for too much: at most ${limits.nodes} objects, multiplying first down the nesting. Ask for smaller pages or nest less.`,
    tooDear: 'The document costs more than the whole budget ({}). Ask for smaller pages or nest less.',
    firstOutOfRange: `The argument first must be a whole number from 1 to ${limits.first}.`,
    tooManyStreams: `A connection carries at most ${limits.streamsPerSocket} operations at a time: end some first.`,
  },
};

/** What a caller did that the door refuses: named where it is found, put into words where it is answered. */
export class Fault extends Error {
  readonly kind: FaultKind;

  constructor(
    readonly fault: FaultName,
    readonly detail = '',
  ) {
    super(fault);
    this.kind = kinds[fault];
  }

  toError({ locale, requestId }: Pick<Caller, 'locale' | 'requestId'>): AppError {
    return new AppError(this.kind.code, faultText(this.fault, this.detail, locale), { requestId });
  }
}

/** graphql quotes what it was sent, which may be long. */
const quotedLength = 300;

export function faultText(fault: FaultName, detail: string, locale: Caller['locale']): string {
  const quoted = detail.length > quotedLength ? `${detail.slice(0, quotedLength)}…` : detail;
  return texts[locale][fault].replace('{}', () => quoted);
}
