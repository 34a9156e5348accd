// usage: node shots.tmp.mjs names... ; writes /tmp/shots
import { chromium } from 'playwright-core'
const base = process.env.BASE || 'http://127.0.0.1:18453'
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] })
const want = process.argv.slice(2)
const runs = {
  desk: [1440, 900, 'light', 'en'], dark: [1440, 900, 'dark', 'en'], ar: [1440, 900, 'light', 'ar'],
  phone: [390, 844, 'light', 'en'], phonedark: [390, 844, 'dark', 'en'], phonear: [390, 844, 'light', 'ar'], mid: [1200, 800, 'light', 'en'], narrow: [800, 800, 'dark', 'en'],
}
for (const [name, [width, height, scheme, lang]] of Object.entries(runs)) {
  if (want.length && !want.includes(name)) continue
  const ctx = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: lang === 'ar' ? 'ar' : 'en-GB', deviceScaleFactor: width < 500 ? 2 : 1, hasTouch: width < 500 })
  const page = await ctx.newPage()
  page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') console.log(name, m.type(), m.text()) })
  page.on('pageerror', e => console.log(name, 'pageerror', e.message))
  const shot = (n) => page.screenshot({ path: `/tmp/shots/${name}-${n}.png` })
  await page.goto(base + '/conversations')
  await page.waitForURL(/login/)
  await page.waitForTimeout(400)
  await shot('signin')
  await page.fill('input[name=email]', process.env.WHO || 'mara@marlowfinch.example')
  await page.fill('input[name=password]', 'demo demo demo')
  await page.click('button[type=submit]')
  await page.waitForSelector('[data-testid=conversation-item]')
  await page.waitForTimeout(800)
  await shot('list')
  await page.locator('[data-testid=conversation-item]').nth(1).click()
  await page.waitForSelector('[data-testid=message]')
  await page.waitForTimeout(800)
  await shot('thread')
  await page.goto(base + '/')
  await page.waitForTimeout(1800)
  await shot('dashboard')
  await page.goto(base + '/settings')
  await page.waitForTimeout(800)
  await shot('settings')
  await page.setViewportSize({ width, height: 2200 })
  await page.waitForTimeout(300)
  await shot('settings-long')
  await ctx.close()
}
await browser.close()
