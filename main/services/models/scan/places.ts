import { join } from 'node:path'

/** The folders of a user and the environment in which other programs look for theirs. */
export interface Surroundings {
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/** A folder in which a program keeps its models, and how they lie there. */
export interface Place {
  readonly keeper: string
  readonly layout: 'folders' | 'ollama' | 'hub' | 'jan'
  readonly path: string
}

/**
 * Where LM Studio, Ollama, llama.cpp, Hugging Face's tools and Jan keep their models by their own documentation and
 * code. The folders need not be there; some appear twice under two names.
 */
export function usualPlaces({ home, env, platform }: Surroundings): Place[] {
  const caches = cacheFolder({ home, env, platform })
  const jan = janFolders({ home, env, platform })
  const service = platform === 'linux' ? '/usr/share/ollama/.ollama/models' : undefined
  const hub = join(env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface'), 'hub')
  const place = (keeper: string, layout: Place['layout'], ...paths: (string | undefined)[]) =>
    paths.filter((path) => path !== undefined && path !== '').map((path) => ({ keeper, layout, path: path! }))
  return [
    ...place('LM Studio', 'folders', join(home, '.lmstudio', 'models'), join(home, '.cache', 'lm-studio', 'models')),
    ...place('Ollama', 'ollama', env['OLLAMA_MODELS'], join(home, '.ollama', 'models'), service),
    ...place('llama.cpp', 'folders', env['LLAMA_CACHE'] || join(caches, 'llama.cpp')),
    ...place('Hugging Face', 'hub', env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || hub),
    ...place('Jan', 'jan', ...jan.map((folder) => join(folder, 'llamacpp', 'models'))),
    ...place('Jan', 'jan', ...[join(home, 'jan'), ...jan].map((folder) => join(folder, 'models'))),
  ]
}

/** As llama.cpp's `fs_get_cache_directory`. */
function cacheFolder({ home, env, platform }: Surroundings): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
  if (platform === 'darwin') return join(home, 'Library', 'Caches')
  return env['XDG_CACHE_HOME'] || join(home, '.cache')
}

function janFolders({ home, env, platform }: Surroundings): string[] {
  if (platform === 'win32') return [join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Jan', 'data')]
  if (platform === 'darwin') return [join(home, 'Library', 'Application Support', 'Jan', 'data')]
  const roots = [env['XDG_DATA_HOME'] || join(home, '.local', 'share'), env['XDG_CONFIG_HOME'] || join(home, '.config')]
  return roots.map((root) => join(root, 'Jan', 'data'))
}
