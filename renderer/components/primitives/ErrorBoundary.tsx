import { Component } from 'react'
import type { ReactNode } from 'react'

interface Props {
  /** What is drawn; where it is another one, it is tried again. */
  readonly of: unknown
  /** Stands in the place of what cannot be drawn. */
  readonly fallback: ReactNode
  readonly children: ReactNode
}

/** Keeps a part of the window that cannot be drawn from taking the rest of the window with it. */
export class ErrorBoundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError = () => ({ failed: true })

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.of !== this.props.of) this.setState({ failed: false })
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback : this.props.children
  }
}
