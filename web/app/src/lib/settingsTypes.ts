/** The shapes of what admins manage; see types.ts. */
import type { components } from './documents/openapi'

type Rest = components['schemas']

export type Installation = Rest['Settings']

/** The tenant's WhatsApp channel; of its secrets only the end is told. */
export type WhatsAppChannel = Rest['ChannelBody']
export type ChannelChange = Rest['ChannelChangeBody']
export type ChannelTest = Rest['ChannelTestBody']

/** A message or report that could never be applied. */
export type DeadLetter = Rest['Letter']

export type NewUser = Rest['NewUserBody']
export type UserChange = Rest['UserChangeBody']
