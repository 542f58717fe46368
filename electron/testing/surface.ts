import type Electron from 'electron'

type Main = typeof Electron

/** Electron's `on` and `once` return the whole class, which a stand-in is not; event names are checked where they are used. */
interface Evented {
  on(event: string, listener: (...args: never[]) => void): unknown
  once(event: string, listener: (...args: never[]) => void): unknown
}

/**
 * The part of Electron's main-process module that this shell uses, in Electron's own types: the stand-in is checked
 * against it, so it cannot drift from the real thing. Using more of Electron means adding it here.
 */
export interface Surface {
  app: Evented &
    Pick<Electron.App, 'whenReady' | 'quit' | 'exit' | 'getPath' | 'getVersion' | 'isPackaged' | 'enableSandbox'> &
    Pick<Electron.App, 'requestSingleInstanceLock' | 'setAboutPanelOptions' | 'showAboutPanel'>
  protocol: Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>
  ipcMain: Evented & Pick<Electron.IpcMain, 'handle'>
  session: { defaultSession: SessionSurface }
  dialog: Pick<Electron.Dialog, 'showMessageBox' | 'showOpenDialog' | 'showErrorBox'>
  safeStorage: Pick<
    Electron.SafeStorage,
    'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
  >
  shell: Pick<Electron.Shell, 'openExternal' | 'showItemInFolder'>
  screen: Pick<Electron.Screen, 'getAllDisplays' | 'getCursorScreenPoint' | 'getDisplayNearestPoint'>
  desktopCapturer: { getSources(options: Electron.SourcesOptions): Promise<DesktopSourceSurface[]> }
  globalShortcut: Pick<Electron.GlobalShortcut, 'register' | 'unregister' | 'isRegistered'>
  systemPreferences: Pick<Electron.SystemPreferences, 'getMediaAccessStatus'>
  nativeTheme: Pick<Electron.NativeTheme, 'shouldUseDarkColors'>
  nativeImage: {
    createFromPath(...args: Parameters<Main['nativeImage']['createFromPath']>): NativeImageSurface
    createFromBuffer(...args: Parameters<Main['nativeImage']['createFromBuffer']>): NativeImageSurface
  }
  Tray: new (image: NativeImageSurface) => TraySurface
  Menu: {
    buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): MenuSurface
    setApplicationMenu(menu: MenuSurface | null): void
    getApplicationMenu(): MenuSurface | null
  }
  utilityProcess: { fork(...args: Parameters<Main['utilityProcess']['fork']>): UtilityProcessSurface }
  MessageChannelMain: new () => { port1: MessagePortSurface; port2: MessagePortSurface }
  BrowserWindow: {
    new (options?: Electron.BrowserWindowConstructorOptions): BrowserWindowSurface
    getAllWindows(): BrowserWindowSurface[]
    getFocusedWindow(): BrowserWindowSurface | null
    fromWebContents(contents: WebContentsSurface): BrowserWindowSurface | null
  }
}

export type SessionSurface = Pick<
  Electron.Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
>
export type MessagePortSurface = Evented & Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>
export type UtilityProcessSurface = Evented & Pick<Electron.UtilityProcess, 'pid' | 'postMessage' | 'kill'>
export type WebContentsSurface = Evented & Pick<Electron.WebContents, 'setWindowOpenHandler' | 'getURL'>
export type WebFrameSurface = Pick<Electron.WebFrameMain, 'origin' | 'url' | 'postMessage'> & {
  parent: WebFrameSurface | null
}
export type DesktopSourceSurface = Pick<Electron.DesktopCapturerSource, 'id' | 'name' | 'display_id'> & {
  thumbnail: NativeImageSurface
}
export type NativeImageSurface = Pick<
  Electron.NativeImage,
  'isEmpty' | 'getSize' | 'toPNG' | 'setTemplateImage' | 'isTemplateImage'
>
export type TraySurface = Evented &
  Pick<Electron.Tray, 'setToolTip'> & { setContextMenu(menu: MenuSurface | null): void }
export interface MenuSurface {
  items: MenuItemSurface[]
}
export type MenuItemSurface = Pick<Electron.MenuItem, 'label' | 'type' | 'role' | 'enabled' | 'click'> & {
  submenu?: MenuSurface
}
export type BrowserWindowSurface = Evented &
  Pick<
    Electron.BrowserWindow,
    | 'show'
    | 'showInactive'
    | 'hide'
    | 'isFullScreen'
    | 'setFullScreen'
    | 'maximize'
    | 'isMaximized'
    | 'focus'
    | 'close'
    | 'minimize'
    | 'restore'
    | 'reload'
    | 'isMinimized'
    | 'isVisible'
    | 'isDestroyed'
    | 'loadURL'
  > &
  Pick<
    Electron.BrowserWindow,
    'getBounds' | 'getNormalBounds' | 'setAlwaysOnTop' | 'setBounds' | 'setProgressBar' | 'setVisibleOnAllWorkspaces'
  > & { webContents: WebContentsSurface }
