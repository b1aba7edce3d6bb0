#compdef gradcli
# Completion of gradcli in zsh: source <(gradcli completion zsh)
_gradcli() {
  local line word about
  local -a going done goes_on
  while IFS=$'\t' read -r word about; do
    [[ -z $word ]] && continue
    if [[ $word == *[=:,/\(] ]]; then going+=("$word"); else done+=("$word"); fi
  done < <(GRADCLI_COMPLETE=zsh gradcli completion "${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)
  if (( $#going + $#done )); then
    (( $#going )) && compadd -Q -S '' -- "${going[@]}"
    (( $#done )) && compadd -Q -- "${done[@]}"
  else
    _files
  fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
compdef _gradcli gradcli
