import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconArrowsSort, IconCheck, IconChevronDown, IconSearch, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { ConnectionStatus } from '@/components/ConnectionStatus'
import { Hint } from '@/components/ui/Hint'
import { Key } from '@/components/ui/Key'
import { useMetrics } from '@/hooks/useAnalytics'
import { useKeys } from '@/hooks/useKeys'
import type { Layout } from '@/hooks/useLayout'
import { useI18n } from '@/i18n/I18nContext'
import { listQuery, sorts, views, viewTitle, type ListAddress } from '@/lib/views'
import classes from './ListHeader.module.css'

interface ListHeaderProps {
  address: ListAddress
  layout: Layout
  /** On phones an open thread lies over the list and shows the connection itself. */
  covered: boolean
  onSearch: (search: string) => void
}

export function ListHeader({ address, layout, covered, onSearch }: ListHeaderProps) {
  const { t } = useI18n()
  const phone = layout === 'phone'
  const [searching, setSearching] = useState(address.search !== '')
  const field = useRef<HTMLInputElement>(null)
  const showField = !phone || searching || address.search !== ''

  const focusSearch = () => {
    setSearching(true)
    requestAnimationFrame(() => field.current?.focus())
  }
  useKeys({ '/': focusSearch })

  return (
    <>
      <header className={classes.bar}>
        {layout === 'wide' ? <h1 className={classes.title}>{t(viewTitle[address.view])}</h1> : <ViewMenu address={address} />}
        <Count address={address} />
        <span className={classes.space} />
        {phone && !covered && <ConnectionStatus form="mark" />}
        <SortMenu address={address} phone={phone} />
        {phone && (
          <ActionIcon size={44} aria-label={t('list.searchOpen')} aria-expanded={showField} onClick={focusSearch}>
            <IconSearch size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        )}
      </header>
      {showField && (
        <SearchField
          field={field}
          value={address.search}
          onSearch={onSearch}
          onLeave={() => phone && address.search === '' && setSearching(false)}
        />
      )}
    </>
  )
}

/** Only numbers that the server gave: it counts the active and the unassigned. */
function Count({ address: { view, search } }: { address: ListAddress }) {
  const { data } = useMetrics()
  const counts = { active: data?.activeConversations, unassigned: data?.unassignedConversations }
  const count = view === 'active' || view === 'unassigned' ? counts[view] : undefined
  if (count === undefined || search) return null
  return <span className={classes.count}>{count}</span>
}

function ViewMenu({ address }: { address: ListAddress }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  return (
    <h1 className={classes.title}>
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className={classes.viewButton}>
            {t(viewTitle[address.view])}
            <IconChevronDown size={16} stroke={1.75} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown aria-label={t('list.view')}>
          {views.map((view) => (
            <Choice
              key={view}
              chosen={view === address.view}
              onChoose={() => void navigate(`/conversations${listQuery({ ...address, view, search: '' })}`)}
            >
              {t(viewTitle[view])}
            </Choice>
          ))}
        </Menu.Dropdown>
      </Menu>
    </h1>
  )
}

function SortMenu({ address, phone }: { address: ListAddress; phone: boolean }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const name = t(`list.sort.${address.sort}`)
  return (
    <Menu>
      <Menu.Target>
        {phone ? (
          <ActionIcon size={44} aria-label={t('list.sortedBy', { name })}>
            <IconArrowsSort size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        ) : (
          <Button
            variant="subtle"
            size="xs"
            aria-label={t('list.sortedBy', { name })}
            leftSection={<IconArrowsSort size={16} stroke={1.75} aria-hidden />}
          >
            {name}
          </Button>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        {sorts.map((sort) => (
          <Choice
            key={sort}
            chosen={sort === address.sort}
            onChoose={() => void navigate({ search: listQuery({ ...address, sort }) }, { replace: true })}
          >
            {t(`list.sort.${sort}`)}
          </Choice>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

interface ChoiceProps {
  chosen: boolean
  onChoose: () => void
  children: string
}

function Choice({ chosen, onChoose, children }: ChoiceProps) {
  return (
    <Menu.RadioItem
      value={children}
      checked={chosen}
      checkIcon={<IconCheck size={16} stroke={2} aria-hidden />}
      closeMenuOnClick
      onChange={onChoose}
    >
      {children}
    </Menu.RadioItem>
  )
}

interface SearchFieldProps {
  field: React.RefObject<HTMLInputElement | null>
  value: string
  onSearch: (search: string) => void
  onLeave: () => void
}

const TYPING_PAUSE_MS = 250

/** Searches a moment after the last key. The box is the truth while one types; the address follows. */
function SearchField({ field, value, onSearch, onLeave }: SearchFieldProps) {
  const { t } = useI18n()
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (value !== known) {
    setKnown(value)
    if (value !== text.trim()) setText(value)
  }

  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onSearch(text.trim()), TYPING_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value, onSearch])

  const clear = () => {
    setText('')
    onSearch('')
  }
  return (
    <div className={classes.search} role="search">
      <IconSearch className={classes.searchIcon} size={16} stroke={1.75} aria-hidden />
      <input
        ref={field}
        className={classes.searchInput}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label={t('list.search')}
        placeholder={t('list.search')}
        aria-keyshortcuts="/"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={onLeave}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            clear()
          } else if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
          // On to what was found: by j, or on a phone without the keyboard in front of it.
          event.currentTarget.blur()
        }}
      />
      {text ? (
        <Hint label={t('list.searchClear')}>
          <ActionIcon size={28} aria-label={t('list.searchClear')} onClick={clear}>
            <IconX size={16} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Hint>
      ) : (
        <span className={classes.searchKey} aria-hidden>
          <Key>/</Key>
        </span>
      )}
    </div>
  )
}
