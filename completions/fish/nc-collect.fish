# SPDX-License-Identifier: MIT
# fish completion for nc-collect(1).
complete -c nc-collect -f -a 'host libvirt qemu container exec: sim' -d source
complete -c nc-collect -s i -l interval -x -a '1s 10s 60s 5m' -d 'a round each SECS'
complete -c nc-collect -s n -l count -x -d 'end after N rounds'
complete -c nc-collect -s l -l level -x -a 'basic standard detailed diagnostic' -d detail
complete -c nc-collect -s c -l config -r -F -d 'sources and settings'
complete -c nc-collect -s C -l check -d 'check the configuration and exit'
complete -c nc-collect -s H -l human -d 'a table for people'
complete -c nc-collect -l flat -d 'one metric a line'
complete -c nc-collect -l prometheus -d 'one sweep in the Prometheus text format'
complete -c nc-collect -l describe -d 'all metrics, or the options of SOURCE'
complete -c nc-collect -l doctor -d 'what cannot be seen here, and what mends it'
complete -c nc-collect -l self -x -d 'a sample of nc-collect itself each SECS'
complete -c nc-collect -l host -x -d 'what the records say as host'
complete -c nc-collect -l root -x -a '(__fish_complete_directories)' -d 'read the recorded tree below DIR'
complete -c nc-collect -l now -x -d 'a clock that starts at TIME'
complete -c nc-collect -l speed -x -a max -d 'with --now: N seconds of it a second'
complete -c nc-collect -s q -l quiet -d 'errors only'
complete -c nc-collect -s v -l verbose -d 'more of what is done'
complete -c nc-collect -s h -l help -d 'the options in short'
complete -c nc-collect -s V -l version -d 'the version'
