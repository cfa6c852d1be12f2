# A developer in a Pod: does DNS work here, what does my program see, is it my name?
k8sdns
k8sdns lookup www.example.com
k8sdns probe
